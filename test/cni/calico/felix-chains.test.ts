import { describe, expect, it } from 'vitest'
import { caliInterface } from '../../../src/cni/index.ts'
import type { NetworkPolicy } from '../../../src/controlplane/index.ts'
import { felixRules, pod, policy, policyChainOf } from './support.ts'

/**
 * Tags of rules that any cluster with Calico 3.x shows in `iptables-save`, whatever its pods are. A tag is a hash of the chain and of
 * all rules up to it, so each row also proves the text of the rules before it.
 */
const KNOWN: readonly (readonly [table: string, chain: string, tags: readonly string[]])[] = [
  ['filter', 'INPUT', ['Cz_u1IQiXIMmKD4c']],
  ['filter', 'FORWARD', ['wUHhoiAYhphO9Mso']],
  ['filter', 'OUTPUT', ['tVnHkvAo15HuiPy0']],
  ['nat', 'PREROUTING', ['6gwbT8clXdHdC1b1']],
  ['nat', 'POSTROUTING', ['O3lYWMrLQYEMJtB5']],
  [
    'filter',
    'cali-FORWARD',
    [
      'vjrMJCRpqwy5oRoX',
      'A_sPAO0mcxbT9mOV',
      '8ZoYfO5HKXWbB3pk',
      'jdEuaPBe14V2hutn',
      '12bc6HljsMKsmfr-',
      'NOSxoaGx8OIstr1z',
    ],
  ],
  [
    'filter',
    'cali-INPUT',
    [
      'PajejrV4aFdkZojI',
      '_wjq-Yrma8Ly1Svo',
      '8TZGxLWh_Eiz66wc',
      '6McIeIDvPdL6PE1T',
      'YGPbrUms7NId8xVa',
      '2gmY7Bg2i0i84Wk_',
      'q-Vz2ZT9iGE331LL',
    ],
  ],
  [
    'filter',
    'cali-OUTPUT',
    [
      'Mq1_rAdXXH3YkrzW',
      '69FkRTJDvD5Vu6Vl',
      'AnEsmO6bDZbQntWW',
      '9e9Uf3GU5tX--Lxy',
      '0f3LDz_VKuHFaA2K',
      'OgU2f8BVEAZ_fwkq',
    ],
  ],
  ['filter', 'cali-wl-to-host', ['Ee9Sbo10IpVujdIY', 'nSZbcOoG1xPONxb8']],
  ['filter', 'cali-failsafe-in', ['wWFQM43tJU7wwnFZ', 'LwNV--R8MjeUYacw', 'QOO5NUOqOSS1_Iw0', 'cwZWoBSwVeIAZmVN']],
  ['filter', 'cali-failsafe-out', ['82hjfji-wChFhAqL', 'TNM3RfEjbNr72hgH', 'ycxKitIl4u3dK0HR', 'hxjEWyxdkXXkdvut']],
  ['nat', 'cali-POSTROUTING', ['Z-c7XtVd2Bq7s_hA', 'nYKhEzDlr11Jccal', 'SXWvdsbh4Mw7wOln']],
  ['nat', 'cali-nat-outgoing', ['flqWnvo8yq4ULQLa']],
  ['nat', 'cali-PREROUTING', ['r6XmIziWUJsdOK6Z']],
  ['nat', 'cali-OUTPUT', ['GBTAv2p5CwevEyJm']],
  ['mangle', 'cali-PREROUTING', ['6BJqBjBC7crtA-7-', 'KX7AGNd6rMcDUai6', 'wNH7KsA3ILKJBsY9', 'Cg96MgVuoPm7UMRo']],
  ['mangle', 'cali-POSTROUTING', ['NX-7roTexQ3fGRfU', 'nnqPh8lh2VOogSzX', 'nquN8Jw8Tz72pcBW', 'jWrgvDQ0xEZHmta3']],
]

describe('rules of a node without policies', () => {
  const rules = felixRules({ pods: [pod('web', 'node-1')], policies: [] })

  it.each(KNOWN)('%s %s has the tags that real nodes show', (table, chain, tags) => {
    const shown = rules.chain(table, chain).map(line => /"cali:([^"]+)"/.exec(line)?.[1])
    expect(shown.slice(0, tags.length)).toEqual(tags)
  })

  it('FORWARD ends with what policies accepted', () => {
    const last = rules.lines('filter').filter(line => line.startsWith('-A FORWARD '))
    expect(last.map(line => /"cali:([^"]+)"/.exec(line)?.[1])).toEqual(['S93hcgKJrXEqnTfs', 'mp77cMpurHhyjLrM'])
  })

  it('a pod that no policy selects is for its profiles to judge', () => {
    expect(rules.plain('filter', `cali-tw-${caliInterface('default', 'web')}`)).toEqual([
      '-m conntrack --ctstate RELATED,ESTABLISHED --jump ACCEPT',
      '-m conntrack --ctstate INVALID --jump DROP',
      '--jump MARK --set-mark 0/0x10000',
      '--jump cali-pri-kns.default',
      '-m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 --jump RETURN',
      '--jump cali-pri-ksa.default.default',
      '-m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 --jump RETURN',
      '-m comment --comment "Drop if no profiles matched" --jump DROP',
    ])
  })
})

describe('a policy as a real node of 2020 had it', () => {
  const rules = felixRules({
    pods: [
      pod('db-8d66ff5f7-bp6kf', 'node-1', { app: 'db' }),
      pod('backend-867fd6dff-mjf92', 'node-2', { app: 'backend', 'networking/allow-db-access': 'true' }),
      pod('frontend-8b474f47-zdqdv', 'node-2', { app: 'frontend' }),
    ],
    policies: [
      policy('allow-db-access', {
        podSelector: { matchLabels: { app: 'db' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { 'networking/allow-db-access': 'true' } } }] }],
      }),
    ],
  })
  const tags = (chain: string): (string | undefined)[] =>
    rules.chain('filter', chain).map(line => /"cali:([^"]+)"/.exec(line)?.[1])

  it('the chain of the pod', () => {
    expect(tags('cali-tw-cali95aa86cbb2a')).toEqual([
      'eCrqwxNk3cKw9Eq6',
      '_krp5nzavhAu5avJ',
      'Cu-tVtfKKu413YTT',
      'leBL64hpAXM9y4nk',
      'pm-LK-c1ra31tRwz',
      'q_zG8dAujKUIBe0Q',
      'FUDVBYh1Yr6tVRgq',
      'X19Z-Pa0qidaNsMH',
      'Ljj0xNidsduxDGUb',
      '0z9RRvvZI9Gud0Wv',
      'pNCpK-SOYelSULC1',
      'sMkvrxvxj13WlTMK',
    ])
  })

  it('the chain of the policy, its set, and who is in it', () => {
    expect(tags('cali-pi-_tTE-E7yY40ogArNVgKt')).toEqual(['M4Und37HGrw6jUk8', 'sEnlfZagUFRSPRoe'])
    expect(rules.sets).toContain(
      'create cali40s:LrVD8vMIGQDyv8Y7sPFB1Ge hash:net family inet maxelem 1048576\nadd cali40s:LrVD8vMIGQDyv8Y7sPFB1Ge 10.244.1.2\n',
    )
  })
})

describe('rules of policies', () => {
  const web = pod('web', 'node-1', { app: 'web' }, [{ name: 'http', containerPort: 8080 }])
  const chain = policyChainOf('p')
  const ingress = (rule: NonNullable<NetworkPolicy['spec']['ingress']>[number]): string[] =>
    felixRules({ pods: [web], policies: [policy('p', { podSelector: {}, ingress: [rule] })] }).plain('filter', chain)
  const accept = '--jump MARK --set-mark 0x10000/0x10000'
  const back = '-m mark --mark 0x10000/0x10000 --jump RETURN'

  it('an empty rule allows everything', () => {
    expect(ingress({})).toEqual([accept, back])
  })

  it('ports next to each other become a range; a name becomes a set of address and port', () => {
    const lines = ingress({ ports: [{ port: 81 }, { port: 80 }, { port: 443 }] })
    expect(lines).toEqual([`-p tcp -m multiport --destination-ports 80:81,443 ${accept}`, back])
    const [named] = ingress({ ports: [{ port: 'http' }] })
    expect(named).toMatch(/^-p tcp -m set --match-set cali40n:\S{23} dst,dst --jump MARK --set-mark 0x10000\/0x10000$/)
  })

  it('one rule for each protocol', () => {
    expect(
      ingress({
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      }),
    ).toEqual([
      `-p tcp -m multiport --destination-ports 53 ${accept}`,
      back,
      `-p udp -m multiport --destination-ports 53 ${accept}`,
      back,
    ])
  })

  it('numbers and names together are tried in a block', () => {
    const lines = ingress({ ports: [{ port: 80 }, { port: 'http' }] })
    expect(lines.slice(0, 2)).toEqual([
      '--jump MARK --set-mark 0/0xc0000',
      '-p tcp -m multiport --destination-ports 80 --jump MARK --set-mark 0x40000/0x40000',
    ])
    expect(lines[2]).toMatch(/^-m set --match-set cali40n:\S{23} dst,dst --jump MARK --set-mark 0x40000\/0x40000$/)
    expect(lines.slice(3)).toEqual([`-p tcp -m mark --mark 0x40000/0x40000 ${accept}`, back])
  })

  it('more than fifteen ports need a block', () => {
    const ports = Array.from({ length: 16 }, (_, i) => ({ port: 1000 + 2 * i }))
    expect(ingress({ ports })).toHaveLength(5)
  })

  it('except takes away in a block', () => {
    expect(ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.0.0/16'] } }] })).toEqual([
      '--jump MARK --set-mark 0x40000/0xc0000',
      '--source 10.1.0.0/16 --jump MARK --set-mark 0/0x40000',
      '--source 10.2.0.0/16 --jump MARK --set-mark 0/0x40000',
      `--source 10.0.0.0/8 -m mark --mark 0x40000/0x40000 ${accept}`,
      back,
    ])
  })

  it('a block of the other family is no rule', () => {
    expect(ingress({ from: [{ ipBlock: { cidr: 'fd00::/8' } }] })).toEqual([])
  })

  it('an egress rule by name asks for the ports of the pods that it selects, in one set', () => {
    const rules = felixRules({
      pods: [web, pod('db', 'node-2', { app: 'db' }, [{ name: 'http', containerPort: 9090 }])],
      policies: [
        policy('p', {
          podSelector: { matchLabels: { app: 'web' } },
          policyTypes: ['Egress'],
          egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ port: 'http' }] }],
        }),
      ],
    })
    expect(rules.sets).toMatch(/create (cali40n:\S+) hash:ip,port .*\nadd \1 10\.244\.1\.2,tcp:9090\n/)
    expect(rules.sets).not.toContain('cali40s:')
  })

  it('two pods whose interfaces begin alike share a chain of their own', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q']
    const rules = felixRules({ pods: names.map(name => pod(name, 'node-1')), policies: [] })
    const shared = rules.lines('filter').filter(line => /^:cali-to-wl-dispatch-[0-9a-f] /.test(line))
    expect(shared.length).toBeGreaterThan(0)
    for (const name of names) {
      const device = caliInterface('default', name)
      expect(
        rules.lines('filter').some(line => line.endsWith(` --out-interface ${device} --goto cali-tw-${device}`)),
      ).toBe(true)
    }
  })
})

describe('the current variant', () => {
  const rules = felixRules({
    pods: [pod('web', 'node-1', { app: 'web' })],
    policies: [policy('allow-web', { podSelector: {} }), policy('allow-more', { podSelector: {} })],
    felix: { variant: 'current' },
  })

  it('has other marks, and comments that name the tier', () => {
    expect(rules.plain('filter', 'cali-FORWARD')[0]).toBe('--jump MARK --set-mark 0/0x1a0000')
    const lines = rules.plain('filter', `cali-tw-${caliInterface('default', 'web')}`)
    expect(lines[3]).toBe('-m comment --comment "Start of tier default" --jump MARK --set-mark 0/0x20000')
    expect(lines[6]).toBe(
      '-m comment --comment "End of tier default. DROP if no policies passed packet" -m mark --mark 0/0x20000 --jump DROP',
    )
  })

  it('puts policies with one selector into a chain of their group', () => {
    const group = rules.plain('filter', `cali-tw-${caliInterface('default', 'web')}`)[4]
    const name = /--jump (cali-gi-\S+)$/.exec(group ?? '')?.[1] ?? ''
    expect(name).toHaveLength(28)
    expect(rules.plain('filter', name)).toHaveLength(2)
    expect(rules.lines('filter')).toContain(':cali-pi-_l7X9Omtz7dibbh9L3Lp - [0:0]')
  })
})

describe('what the configuration changes', () => {
  const pods = [pod('web', 'node-1')]

  it('Append puts the jumps behind the rules of others', () => {
    const rules = felixRules({ pods, policies: [], felix: { chainInsertMode: 'Append' } })
    expect(rules.lines('filter').filter(line => / --jump cali-(INPUT|FORWARD|OUTPUT)$/.test(line))).toHaveLength(3)
    expect(rules.lines('filter').some(line => line.startsWith('-I '))).toBe(false)
  })

  it('packets of pods to their node end as the configuration says', () => {
    const rules = felixRules({ pods, policies: [], felix: { defaultEndpointToHostAction: 'Drop' } })
    expect(rules.plain('filter', 'cali-wl-to-host').at(-1)).toMatch(/--jump DROP$/)
  })

  it('without natOutgoing nothing is masqueraded, and with VXLAN the tunnel is not tracked', () => {
    const rules = felixRules({
      pods,
      policies: [],
      pool: { natOutgoing: false, ipipMode: 'Never', vxlanMode: 'Always' },
    })
    expect(rules.plain('nat', 'cali-nat-outgoing')).toEqual([])
    expect(rules.plain('raw', 'cali-PREROUTING')[1]).toBe('-p udp --dport 4789 --jump NOTRACK')
    expect(rules.plain('filter', 'cali-INPUT')[0]).toContain('Allow IPv4 VXLAN packets from allowed hosts')
  })
})

it('names and tags do not depend on the order of the objects', () => {
  const pods = ['a', 'b', 'c', 'd'].map(name => pod(name, 'node-1', { app: name }))
  const policies = pods.map(({ metadata }) =>
    policy(`to-${metadata.name}`, {
      podSelector: { matchLabels: { app: metadata.name } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }] }],
    }),
  )
  const lines = (list: readonly NetworkPolicy[]): readonly string[] =>
    felixRules({ pods, policies: list }).lines('filter')
  expect(lines([...policies].reverse())).toEqual(lines(policies))
})

it('each pod costs 18 rules, a direction with policies 2 more, and each of its policies another 2', () => {
  const names = ['a', 'b', 'c']
  const count = (pods: number, policies: number): number =>
    felixRules({
      pods: names.slice(0, pods).map(name => pod(name, 'node-1')),
      policies: Array.from({ length: policies }, (_, i) => policy(`p${i}`, { podSelector: {} })),
    })
      .lines('filter')
      .filter(line => /^-A cali-(?:tw|fw)-/.test(line)).length
  expect(count(1, 0)).toBe(18)
  expect(count(3, 0)).toBe(3 * 18)
  expect(count(1, 1) - count(1, 0)).toBe(2 + 2)
  expect(count(3, 5) - count(3, 0)).toBe(3 * (2 + 2 * 5))
})
