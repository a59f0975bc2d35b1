/** What membership in a set of IPVS mode means, by the set's name without `KUBE-` or `KUBE-6-`. */
const SETS: Readonly<Record<string, string>> = {
  'LOOP-BACK': 'an endpoint of this node that reaches itself through the Service is masqueraded',
  'CLUSTER-IP': 'a cluster IP: let in; masqueraded where it comes from no pod',
  'EXTERNAL-IP': 'an external IP: masqueraded and let in',
  'EXTERNAL-IP-LOCAL': 'an external IP with policy Local: let in with its source',
  'LOAD-BALANCER': 'a load balancer address: masqueraded, unless it is in the LOCAL set too, and let in',
  'LOAD-BALANCER-LOCAL': 'a load balancer address with policy Local: keeps its source',
  'LOAD-BALANCER-FW': 'a load balancer address with source ranges: others are dropped',
  'LOAD-BALANCER-SOURCE-CIDR': 'who may use the load balancer address',
  'LOAD-BALANCER-SOURCE-IP': 'the node itself may use the load balancer address',
  'NODE-PORT-TCP': 'a node port: masqueraded, unless it is in the LOCAL set too',
  'NODE-PORT-LOCAL-TCP': 'a node port with policy Local: keeps its source',
  'NODE-PORT-UDP': 'a node port: masqueraded, unless it is in the LOCAL set too',
  'NODE-PORT-LOCAL-UDP': 'a node port with policy Local: keeps its source',
  'NODE-PORT-SCTP-HASH': 'a node port: masqueraded, unless it is in the LOCAL set too',
  'NODE-PORT-LOCAL-SCTP-HASH': 'a node port with policy Local: keeps its source',
  'HEALTH-CHECK-NODE-PORT': 'the port of the health check: let in',
  'IPVS-IPS': 'an address of kube-ipvs0: ports that no Service has there are refused',
}

const SCHEDULERS: Readonly<Record<string, string>> = {
  rr: 'real servers take turns',
  wrr: 'real servers take turns by weight',
  lc: 'the real server with the fewest connections gets the next one',
  wlc: 'the real server with the fewest connections for its weight gets the next one',
  sh: "the client's address decides which real server it gets",
  dh: 'the destination address decides which real server it is',
  sed: 'the real server with the shortest expected delay gets the next connection',
  nq: 'an idle real server gets the next connection, else the one with the shortest expected delay',
  mh: "a hash table over the client's address (Maglev) decides which real server it gets",
}

/** Schedulers with which each of n real servers of one weight gets 1/n. */
const TURNS = ['rr', 'wrr']

/** `add KUBE-CLUSTER-IP 10.96.0.1,tcp:443` of `ipset restore` in words; empty for other lines. */
export function ipsetInWords(line: string): string {
  const [, set = '', member = ''] = /^add KUBE-(?:6-)?(\S+) (\S+)$/.exec(line) ?? []
  const meaning = SETS[set]
  return meaning === undefined ? '' : `${member}: ${meaning}`
}

/** A line of `ipvsadm-save` in words, beside the other `lines` of its text: a virtual server, or the share of a real one. */
export function ipvsInWords(line: string, lines: readonly string[]): string {
  const [, verb, kind = '', address = ''] = /^-([Aa]) (-t|-u|--sctp-service) (\S+)/.exec(line) ?? []
  const service = `${kind === '-t' ? 'TCP' : kind === '-u' ? 'UDP' : 'SCTP'} ${address}`
  const own = lines.find(each => each.startsWith(`-A ${kind} ${address} `)) ?? ''
  const scheduler = / -s (\S+)/.exec(own)?.[1] ?? ''
  if (verb === 'A') {
    const seconds = / -p (\d+)/.exec(line)?.[1]
    const stays = seconds === undefined ? '' : `; a client stays with its own for ${seconds} s`
    return `virtual server ${service}: ${SCHEDULERS[scheduler] ?? `scheduler ${scheduler}`}${stays}`
  }
  if (verb !== 'a') return ''
  const servers = lines.filter(each => each.startsWith(`-a ${kind} ${address} `)).length
  const share = TURNS.includes(scheduler) ? `1/${servers} of the new connections` : `one of ${servers}`
  const weight = / -w (\d+)/.exec(line)?.[1] ?? '1'
  return `real server ${/ -r (\S+)/.exec(line)?.[1] ?? ''}: ${weight === '0' ? 'drains, no new connections' : share}, by destination NAT`
}
