import fc from 'fast-check'

/** The sets that rules ask, and how: every node that has rules has them all. */
export const SETS: readonly (readonly [name: string, flags: string])[] = [
  ['hosts', 'src'],
  ['hosts', 'dst'],
  ['nets', 'src'],
  ['nets', 'dst'],
  ['ipport', 'dst,dst'],
  ['ipport', 'src,src'],
  ['triple', 'dst,dst,src'],
  ['tripnet', 'dst,dst,src'],
  ['netport', 'dst,dst'],
  ['ports', 'dst'],
  ['all', 'src'],
  ['all', 'dst'],
]

/** Sets that a rule may change, with the flags that make an element of them. */
export const CHANGEABLE: readonly (readonly [name: string, flags: string])[] = [
  ['hosts', 'src'],
  ['hosts', 'dst'],
  ['nets', 'dst'],
  ['ipport', 'dst,dst'],
  ['ipport', 'src,src'],
  ['ports', 'dst'],
]

const CREATE = [
  'create hosts hash:ip',
  'create nets hash:net',
  'create ipport hash:ip,port',
  'create triple hash:ip,port,ip',
  'create tripnet hash:ip,port,net',
  'create netport hash:net,port',
  'create ports bitmap:port range 0-65535',
  'create all list:set',
  'add all hosts',
  'add all nets',
]

const addr = fc.constantFrom('10.244.1.2', '10.244.1.3', '10.244.2.2', '10.0.0.1', '10.0.0.100', '10.96.0.10')
const net = fc.constantFrom('10.244.0.0/16', '10.244.1.0/24', '10.0.0.0/24', '10.96.0.0/16', '10.244.1.2/32')
const port = fc.constantFrom('tcp:8080', 'udp:8080', 'udp:7000', 'tcp:80', 'udp:80', 'icmp:8/0', 'udp:53')

const element: fc.Arbitrary<string> = fc.oneof(
  addr.map(a => `add hosts ${a}`),
  fc.tuple(net, fc.constantFrom('', '', ' nomatch')).map(([n, no]) => `add nets ${n}${no}`),
  fc.tuple(addr, port).map(([a, p]) => `add ipport ${a},${p}`),
  fc.tuple(addr, port, addr).map(([a, p, b]) => `add triple ${a},${p},${b}`),
  fc.tuple(addr, port, net).map(([a, p, n]) => `add tripnet ${a},${p},${n}`),
  fc.tuple(net, port).map(([n, p]) => `add netport ${n},${p}`),
  fc.constantFrom('80', '8080', '7000', '0-1023').map(p => `add ports ${p}`),
)

/** `ipset restore` input. */
export const sets: fc.Arbitrary<string> = fc
  .uniqueArray(element, {
    maxLength: 12,
    // With and without `nomatch` it is one element.
    selector: line => line.replace(' nomatch', ''),
  })
  .map(elements => [...CREATE, ...elements.map(line => `${line} -exist`), ''].join('\n'))
