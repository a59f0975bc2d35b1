/**
 * flanneld's rules for one node and family (pkg/trafficmngr/iptables): pods keep their address towards pods and get the
 * node's towards everything else; what belongs to the pod network may be forwarded.
 */
export function masqueradeAndForward(network: string, subnet: string, ipMasq: boolean): string {
  const masq = '-m comment --comment "flanneld masq"'
  const forward = '-m comment --comment "flanneld forward"'
  const multicast = network.includes(':') ? 'ff00::/8' : '224.0.0.0/4'
  const lines: string[] = []
  if (ipMasq) {
    lines.push(
      '*nat',
      ':FLANNEL-POSTRTG - [0:0]',
      // kube-proxy has marked it for its own masquerade rule.
      `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${subnet} -d ${network} ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${network} -d ${subnet} ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG ! -s ${network} -d ${subnet} ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${network} ! -d ${multicast} ${masq} -j MASQUERADE --random-fully`,
      `-A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${masq} -j MASQUERADE --random-fully`,
      `-A POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
      'COMMIT',
    )
  }
  lines.push(
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    `-A FLANNEL-FWD -s ${network} ${forward} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${network} ${forward} -j ACCEPT`,
    `-A FORWARD ${forward} -j FLANNEL-FWD`,
    'COMMIT',
    '',
  )
  return lines.join('\n')
}
