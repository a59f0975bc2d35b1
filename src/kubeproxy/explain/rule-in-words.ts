/** An iptables rule of kube-proxy in words: what it looks for, and what it does then. */
export function ruleInWords(rule: string): string {
  const what = conditions(rule)
  return `${what === '' ? 'everything' : what} ${action(rule)}`
}

function conditions(rule: string): string {
  const words: string[] = []
  const take = (pattern: RegExp, say: (value: string, more: string) => string): void => {
    const match = pattern.exec(rule)
    if (match !== null) words.push(say(match[1] ?? '', match[2] ?? ''))
  }
  take(/ -p (tcp|udp|sctp)\b/, proto => proto.toUpperCase())
  take(/ (?<!! )-d (\S+)/, ip => `to ${plain(ip)}`)
  take(/ --dport (\d+)/, port => `port ${port}`)
  take(/ ! -d (\S+)/, ip => `not to ${plain(ip)}`)
  take(/ ! -s (\S+)/, ip => `not from ${plain(ip)}`)
  take(/(?<!!) -s (\S+)/, ip => `from ${plain(ip)}`)
  take(/ ! -i (\S+)/, dev => `not in by ${dev}`)
  take(/(?<!!) -i (\S+)/, dev => `in by ${dev}`)
  take(/(?<!!) --dst-type LOCAL/, () => 'to an address of this node')
  take(/ ! --src-type LOCAL/, () => 'not from this node')
  take(/(?<!!) --src-type LOCAL/, () => 'from this node itself')
  take(/ ! --physdev-is-in/, () => 'not from a bridge port')
  take(/ --rcheck --seconds (\d+)/, seconds => `of a client that used it in the last ${seconds} s`)
  take(/ --probability ([0-9.]+)/, chance => `in ${ofChance(Number(chance))} of the cases left`)
  take(/ --match-set (\S+) (\S+)/, (set, sides) => `in the set ${set} (${sides})`)
  take(/ --nfacct-name (\S+)/, name => `(counted as ${name})`)
  return words.join(' ')
}

function action(rule: string): string {
  const target = / -j (\S+)/.exec(rule)?.[1]
  const remembered = rule.includes(' --set ') ? 'is remembered for affinity and ' : ''
  switch (target) {
    case undefined:
      return 'is only counted'
    case 'KUBE-MARK-MASQ':
      return 'gets the mark to be masqueraded'
    case 'KUBE-MARK-DROP':
      return 'gets the mark to be dropped'
    case 'DNAT':
      return `${remembered}is sent to ${/--to-destination (\S+)/.exec(rule)?.[1] ?? ''}`
    case 'REDIRECT':
      return `goes to port ${/--to-ports (\S+)/.exec(rule)?.[1] ?? ''} of this node, to kube-proxy itself`
    case 'REJECT':
      return 'is refused'
    case 'DROP':
      return 'is dropped'
    case 'ACCEPT':
      return 'is let in'
    case 'RETURN':
      return 'goes back'
    case 'MASQUERADE':
      return "gets this node's address as its source"
    default:
      return `goes on in ${target}`
  }
}

/** kube-proxy writes 1/n with ten digits (five before 1.17). */
function ofChance(chance: number): string {
  const n = Math.round(1 / chance)
  return Math.abs(1 / n - chance) < 1e-4 ? `1/${n}` : String(chance)
}

function plain(ip: string): string {
  return ip.replace(/\/(?:32|128)$/, '')
}
