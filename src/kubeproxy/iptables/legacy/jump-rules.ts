const newOnly = '-m conntrack --ctstate NEW '
const comment = (text: string): string => `-m comment --comment "${text}" `
const DROP_MARK = '0x8000/0x8000'

/**
 * What a clean node of Kubernetes 1.8 to 1.20 has before kube-proxy's first sync has filled its chains: kubelet's KUBE-MARK-DROP
 * and KUBE-FIREWALL, and kube-proxy's jumps (iptablesJumpChains of v1.17), each prepended in turn.
 */
export function legacyJumpRules(): string {
  return [
    '*filter',
    ':KUBE-FIREWALL - [0:0]',
    ':KUBE-EXTERNAL-SERVICES - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-FORWARD - [0:0]',
    // kubelet drops what somebody marked in nat, where nothing may be dropped.
    `-A KUBE-FIREWALL ${comment('kubernetes firewall for dropping marked packets')}-m mark --mark ${DROP_MARK} -j DROP`,
    '-I OUTPUT 1 -j KUBE-FIREWALL',
    '-I INPUT 1 -j KUBE-FIREWALL',
    `-I INPUT 1 ${newOnly}${comment('kubernetes externally-visible service portals')}-j KUBE-EXTERNAL-SERVICES`,
    `-I FORWARD 1 ${newOnly}${comment('kubernetes service portals')}-j KUBE-SERVICES`,
    `-I OUTPUT 1 ${newOnly}${comment('kubernetes service portals')}-j KUBE-SERVICES`,
    `-I FORWARD 1 ${comment('kubernetes forwarding rules')}-j KUBE-FORWARD`,
    'COMMIT',
    '*nat',
    ':KUBE-MARK-DROP - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-POSTROUTING - [0:0]',
    `-A KUBE-MARK-DROP -j MARK --set-xmark ${DROP_MARK}`,
    `-I OUTPUT 1 ${comment('kubernetes service portals')}-j KUBE-SERVICES`,
    `-I PREROUTING 1 ${comment('kubernetes service portals')}-j KUBE-SERVICES`,
    `-I POSTROUTING 1 ${comment('kubernetes postrouting rules')}-j KUBE-POSTROUTING`,
    'COMMIT',
    '',
  ].join('\n')
}
