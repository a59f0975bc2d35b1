/** A command of nft that kube-proxy writes for a Service in words; empty for one that it writes for all. */
export function nftInWords(command: string): string {
  const [, verb, name = '', rest = ''] = /^add (element|rule|set) ip6? kube-proxy (\S+) (.*)$/.exec(command) ?? []
  switch (verb) {
    case 'element':
      return elementInWords(name, rest)
    case 'rule':
      return ruleInWords(rest)
    case 'set': {
      const seconds = /timeout (\d+)s/.exec(rest)?.[1] ?? '?'
      return `clients that ${endpointOf(name)} has served: each is kept for ${seconds} s after its last connection`
    }
    default:
      return ''
  }
}

function elementInWords(container: string, element: string): string {
  const [, key = '', verdict = ''] = /^\{ (\S+(?: \. \S+)*)(?: comment "[^"]*")?(?: : (.*))? \}$/.exec(element) ?? []
  const parts = key.split(' . ')
  switch (container) {
    case 'cluster-ips':
      return `${key} is a cluster IP: what no Service has there is refused`
    case 'service-ips':
    case 'no-endpoint-services':
      return `${addressed(parts)} ${outcome(verdict)}`
    case 'firewall-ips':
      return `${addressed(parts)} is checked in ${target(verdict)} before anything else`
    case 'service-nodeports':
    case 'no-endpoint-nodeports':
      return `${protocol(parts[0])} to port ${parts[1]} of this node ${outcome(verdict)}`
    default:
      return ''
  }
}

function addressed([ip = '', proto, port = '']: readonly string[]): string {
  return `${protocol(proto)} to ${ip} port ${port}`
}

function protocol(word = ''): string {
  return word.toUpperCase()
}

function target(verdict: string): string {
  return verdict.replace(/^(?:goto|jump) /, '')
}

function outcome(verdict: string): string {
  if (verdict === 'drop') return 'is dropped'
  if (verdict === 'goto reject-chain') return 'is refused'
  if (verdict === 'jump mark-for-masquerade') return 'gets the mark to be masqueraded'
  return `goes on in ${target(verdict)}`
}

function ruleInWords(rule: string): string {
  const draw = /numgen random mod (\d+) vmap \{ (.*) \}$/.exec(rule)
  if (draw !== null) {
    const ends = [...(draw[2] ?? '').matchAll(/goto (\S+)/g)].map(([, chain = '']) => endpointOf(chain))
    return draw[1] === '1'
      ? `everything goes to ${ends[0]}`
      : `one of ${draw[1]} is drawn, 1/${draw[1]} each: ${ends.join(', ')}`
  }
  const sent = /^meta l4proto (\S+) dnat to (\S+)$/.exec(rule)
  if (sent !== null) return `${protocol(sent[1])} is sent to ${sent[2]}`
  if (/^update @\S+ \{ ip6? saddr \}$/.test(rule)) return 'the client is remembered, or remembered for longer'
  const [, before = '', verdict = ''] = /^(.*?)\s*((?:goto|jump) \S+|drop)(?: comment "[^"]*")?$/.exec(rule) ?? []
  return `${conditions(before)} ${outcome(verdict)}`
}

function conditions(text: string): string {
  const words: string[] = []
  for (const [, not, list] of text.matchAll(/ip6? saddr (!= )?\{ (.*?) \}/g)) {
    words.push(`from ${not === undefined ? 'any' : 'none'} of ${(list ?? '').replaceAll(' , ', ', ')}`)
  }
  for (const [, side, not, value = ''] of text.matchAll(/ip6? (daddr|saddr) (!= )?([^\s{!]+)(?= |$)/g)) {
    const what = value.startsWith('@') ? `a client in the set ${value.slice(1)}` : value
    words.push(`${not === undefined ? '' : 'not '}${side === 'daddr' ? 'to' : 'from'} ${what}`)
  }
  for (const [, not, dev] of text.matchAll(/iif (!= )?(\S+)/g))
    words.push(`${not === undefined ? '' : 'not '}in by ${dev}`)
  if (text.includes('fib saddr type local')) words.push('from this node itself')
  return words.length === 0 ? 'everything' : words.join(' ')
}

/** `10.244.1.3:80` of `endpoint-HASH-ns/name/tcp/port__10.244.1.3/80`; the name itself where it was cut. */
function endpointOf(name: string): string {
  const [, ip, port] = /__([0-9a-f.]+)\/(\d+)$/.exec(name) ?? []
  if (ip === undefined) return name
  const isV4 = /^\d+\.\d+\.\d+\.\d+$/.test(ip)
  return isV4 ? `${ip}:${port}` : `[${ip.replaceAll('.', ':')}]:${port}`
}
