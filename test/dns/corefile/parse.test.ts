import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { snapshotOf } from '../../../src/controlplane/index.ts'
import { CoreDns } from '../../../src/dns/index.ts'
import { KubehopError } from '../../../src/errors.ts'

const empty = snapshotOf([])
const files = {
  '/etc/resolv.conf': 'nameserver 192.0.2.53\n',
  'shared/a.conf': 'errors\n',
  'shared/b.conf': 'whoami\n',
}

function load(text: string, env: Record<string, string> = {}): CoreDns {
  return new CoreDns({ corefile: { text, env }, snapshot: () => empty, environment: { files } })
}

describe('a Corefile', () => {
  test('orders plugins by its fixed list, whatever the order of the lines', () => {
    const dns = load(
      '.:53 {\n whoami\n forward . 192.0.2.1\n cache\n kubernetes cluster.local\n loadbalance\n errors\n}',
    )
    expect(dns.pluginNames('.')).toEqual(['errors', 'loadbalance', 'cache', 'kubernetes', 'forward', 'whoami'])
  })

  test.each([
    [
      'snippets and imports',
      '(common) {\n errors\n log\n}\n.:53 {\n import common\n whoami\n}',
      ['errors', 'log', 'whoami'],
    ],
    ['imports of files by pattern', '.:53 {\n import shared/*.conf\n}', ['errors', 'whoami']],
    ['an import pattern that fits nothing', '.:53 {\n import nothing/*\n whoami\n}', ['whoami']],
    ['environment variables', '{$ZONE}:{%PORT%} {\n whoami\n}', ['whoami'], { ZONE: '.', PORT: '53' }],
    ['comments and quotes', '# one\n. { # two\n whoami\n}', ['whoami']],
    ['one block without braces', '.:53\nwhoami\nerrors', ['errors', 'whoami']],
    ['several keys, with commas over lines', 'example.org,\n. {\n whoami\n}', ['whoami']],
  ])('has %s', (_, text, plugins, env: Record<string, string> = {}) => {
    expect(load(text, env).pluginNames('.')).toEqual(plugins)
  })

  test('takes a CIDR for its reverse zones', () => {
    const dns = load('10.0.0.0/23 {\n whoami\n}')
    expect(dns.pluginNames('0.0.10.in-addr.arpa')).toEqual(['whoami'])
    expect(dns.pluginNames('1.0.10.in-addr.arpa')).toEqual(['whoami'])
    expect(dns.pluginNames('2.0.10.in-addr.arpa')).toEqual([])
  })

  test.each([
    ['.:53 {\n nosuch\n}', "Corefile:2 - Error during parsing: Unknown directive 'nosuch'"],
    ['.:53 {\n errors\n', 'Corefile:2 - Error during parsing: Unexpected EOF'],
    ['.:53 {\n import missing\n}', 'Corefile:2 - Error during parsing: File to import not found: missing'],
    ['.:53 {\n errors\n}\n.:53 {\n errors\n}', 'cannot serve dns://.:53 - it is already defined'],
    [
      '.:53 {\n forward . nowhere\n}',
      'plugin/forward: Corefile:2 - Error during parsing: not an IP address or file: "nowhere"',
    ],
    [
      '.:53 {\n cache 0\n}',
      'plugin/cache: Corefile:2 - Error during parsing: cache TTL can not be zero or negative: 0',
    ],
    [
      '.:53 {\n kubernetes cluster.local {\n  ttl 3601\n }\n}',
      'plugin/kubernetes: Corefile:3 - Error during parsing: ttl must be in range [0, 3600]: 3601',
    ],
    [
      '.:53 {\n hosts {\n  nonsense\n }\n}',
      "plugin/hosts: Corefile:3 - Error during parsing: unknown property 'nonsense'",
    ],
    ['.:53 {\n etcd\n}', "Corefile:2 - Error during parsing: plugin 'etcd' is not simulated: take it out"],
    ['(a) {\n import a\n}\n.:53 {\n import a\n}', 'too many imports'],
    // Ten thousand times thirty words: read from where they stand, not copied each time.
    [`(a) {\n import a\n${' log a.b\n'.repeat(10)}}\n.:53 {\n import a\n}`, 'too many imports'],
    // A `}` that is an argument closes nothing.
    ['. {\n rewrite . {\n name a b } rewrite ttl a 5\n}', 'Unexpected EOF'],
    ['.:99999 {\n whoami\n}', 'is not a port'],
  ])('%j is refused in CoreDNS’s words', (text, message) => {
    expect(() => load(text)).toThrow(
      expect.objectContaining({ code: 'KH_COREFILE', message: expect.stringContaining(message) }),
    )
  })

  const word = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '\n',
      '.:53',
      'kubernetes',
      'cluster.local',
      'forward',
      '.',
      '8.8.8.8',
      'cache',
      '30',
      'import',
      '(s)',
      's',
      'rewrite',
      'name',
      'regex',
      'template',
      'IN',
      'A',
      'match',
      '"',
      '#',
      '{$X}',
      'hosts',
      'acl',
      'block',
      'ttl',
      '-1',
      'file',
      'transfer',
      'to',
      '*',
    ),
    fc.string({ maxLength: 6 }),
  )
  property.prop([fc.array(word, { maxLength: 40 })], { numRuns: 1500 })(
    'of arbitrary words is read or refused with one error',
    words => {
      try {
        load(words.join(' '))
      } catch (error) {
        if (!(error instanceof KubehopError)) throw error
        expect(['KH_COREFILE', 'KH_DNS', 'KH_LIMIT']).toContain(error.code)
      }
    },
  )
})
