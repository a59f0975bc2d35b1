/**
 * The label of an endpoint below its Service: its hostname; with `endpoint_pod_names` its pod's name when that is a label; else its
 * address with dashes (plugin/kubernetes/kubernetes.go, endpointHostname).
 */
export function endpointName(
  ip: string,
  hostname: string | undefined,
  podName: string | undefined,
  podNames: boolean,
): string {
  if (hostname !== undefined && hostname !== '') return hostname
  if (podNames && podName !== undefined && podName !== '' && podName.length < 64) return podName
  if (ip.includes('.')) return ip.replaceAll('.', '-')
  const dashed = ip.replaceAll(':', '-')
  return dashed.endsWith('-') ? `${dashed}0` : dashed
}
