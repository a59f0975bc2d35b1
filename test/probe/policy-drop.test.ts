import { describe, expect, it } from 'vitest'
import { Cluster, readConfig } from '../../src/cluster/index.ts'
import { trace } from '../../src/probe/index.ts'

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: worker-1, containers: [{ name: web, image: nginx }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { nodeName: worker-2, containers: [{ name: db, image: postgres, ports: [{ containerPort: 5432 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all }
spec: { podSelector: {}, policyTypes: [Ingress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
    - from: [{ podSelector: { matchLabels: { role: api } } }]
      ports: [{ port: 5432 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web-out }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress:
    - ports: [{ port: 5432 }]
`

function cluster(cni: string): Cluster {
  const config = readConfig('c.yaml', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { cni: { ${cni} } }\n`)
  return Cluster.load({ inputs: [{ name: 'policies.yaml', text: MANIFEST }], config })
}

describe.each(['name: calico', 'name: calico, vxlanMode: Always, variant: current', 'name: canal'])('%s', cni => {
  const whole = cluster(cni)

  it('an ingress policy that refuses is named, with the rule and the set that came closest', () => {
    const { disposition, reason } = trace(whole, { from: 'pod/web', to: 'pod/db:5432' })
    expect(disposition).toBe('DENIED_INGRESS_POLICY')
    expect(reason.code).toBe('ingress_policy')
    expect(reason.object).toEqual({ kind: 'NetworkPolicy', namespace: 'default', name: 'db' })
    expect(reason.droppedBy).toMatch(/^filter cali-tw-cali[0-9a-f]{11} rule \d+ on node worker-2 \(-j DROP\)$/)
    expect(reason.because).toContain('default/db (policies.yaml:16:1)')
    expect(reason.because).toContain('default/deny-all (policies.yaml:11:1)')
    expect(reason.wouldPassIf).toMatch(/source among pods with role == "api" in namespace default/)
    expect(reason.wouldPassIf).toContain('spec.ingress[0] of default/db (policies.yaml:')
    expect(reason.nearMiss?.match).toMatch(/^--match-set cali40s:\S+ src /)
  })

  it('an egress policy that refuses is named too, at the node of the sender', () => {
    const { disposition, reason } = trace(whole, { from: 'pod/web', to: 'pod/db:80' })
    expect(disposition).toBe('DENIED_EGRESS_POLICY')
    expect(reason.object?.name).toBe('web-out')
    expect(reason.droppedBy).toContain('on node worker-1')
    expect(reason.wouldPassIf).toMatch(/--dports 5432.* of spec\.egress\[0\] of default\/web-out/)
  })

  it('steps of a policy lead to its object', () => {
    const { hops, disposition } = trace(whole.fork().apply([role('api')]), { from: 'pod/api', to: 'pod/db:5432' })
    expect(disposition).toBe('DELIVERED')
    const steps = hops.flatMap(hop => hop.steps).filter(step => /^cali-pi-/.test(String(step.detail.chain)))
    expect(steps[0]?.evidence).toMatchObject({
      object: { kind: 'NetworkPolicy', namespace: 'default', name: 'db' },
      path: 'spec.ingress[0]',
      file: 'policies.yaml',
    })
  })
})

function role(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { role: name } },
    spec: { nodeName: 'worker-3', containers: [{ name: 'c', image: 'nginx' }] },
  }
}

describe.each(['iptables', 'ipvs', 'nftables'])(
  'a Service whose endpoint is on the same node, kube-proxy in mode %s',
  mode => {
    const config = readConfig(
      'c.yaml',
      `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { cni: { name: calico }, kubeProxy: { mode: ${mode} } }\n`,
    )
    const pod = (name: string, app: string) => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec: { nodeName: worker-1, containers: [{ name: c, image: nginx }] }
---
`
    const policy = (app: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: ${app} } } }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`
    const ask = (allowed: string) =>
      trace(
        Cluster.load({
          inputs: [{ name: 'm.yaml', text: pod('web', 'web') + pod('client', 'client') + policy(allowed) }],
          config,
        }),
        { from: 'pod/client', to: 'svc/web:80' },
      )

    it('its ingress policy lets pass whom it names', () => {
      expect(ask('client').disposition).toBe('DELIVERED')
    })

    it('its ingress policy refuses everybody else', () => {
      const { disposition, reason } = ask('nobody')
      expect(disposition).toBe('DENIED_INGRESS_POLICY')
      expect(reason.object?.name).toBe('web')
    })
  },
)
