/** What a user starts from. */
export const NEW_POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all
  namespace: default
spec:
  podSelector: {}
  policyTypes: [Ingress]
`

const SYSTEM_FIELDS = /^ {2}(?:uid|resourceVersion|generation|creationTimestamp): .*\n/gm

/** An object's YAML without what the system filled into its metadata. */
export function draftOf(yaml: string): string {
  return yaml.replace(SYSTEM_FIELDS, '').replace(/^status:\n(?: .*\n)*/m, '')
}
