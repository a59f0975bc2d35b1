import { describe, expect, it } from 'vitest'
import { callOperation } from '../../../src/api/index.ts'
import { layoutChainGraph } from '../../../viz/layout/index.ts'
import { hookPlace } from '../../../viz/views/rules/hook-order.ts'
import { chainSpecs, MOST_CHAINS, ruleGraph } from '../../../viz/views/rules/rule-graph.ts'
import { ruleShares } from '../../../viz/views/rules/rule-shares.ts'
import { shortRule } from '../../../viz/views/rules/short-rule.ts'
import { NO_PATH, takenPath } from '../../../viz/views/rules/taken-path.ts'
import { exampleSession } from '../../api/session-fixture.ts'

describe('a rule in a row of the graph', () => {
  it.each([
    ['-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', '', 'KUBE-SERVICES'],
    [
      '-A X -d 10.0.0.1/32 -p tcp -m comment --comment a -m tcp --dport 80 -j Y',
      '-d 10.0.0.1/32 -p tcp --dport 80',
      'Y',
    ],
    ['-A X -m comment --comment "says \\"-j Z\\"" -g Y', '', 'Y'],
    ['-A X -p tcp -j DNAT --to-destination 1.2.3.4:80', '-p tcp', 'DNAT --to-destination 1.2.3.4:80'],
    [
      'ip daddr 10.0.0.1 tcp dport 80 counter packets 1 bytes 2 goto service-a comment "jump x"',
      'ip daddr 10.0.0.1 tcp dport 80',
      'goto service-a',
    ],
    ['meta mark 0x1 accept', 'meta mark 0x1', 'accept'],
  ])('%s', (text, match, action) => {
    expect(shortRule(text, undefined)).toEqual({ match, action })
  })
})

describe('the shares of rules that draw', () => {
  const random = (probability: string): string => `-A S -m statistic --mode random --probability ${probability} -j E`
  it.each([
    {
      name: 'three',
      texts: ['-A S -j MARK', random('0.33333333349'), random('0.50000000000'), '-A S -j E'],
      shares: [undefined, [1, 3], [1, 3], [1, 3]],
    },
    {
      name: 'five digits',
      texts: [random('0.33332'), random('0.5'), '-A S -j E'],
      shares: [
        [1, 3],
        [1, 3],
        [1, 3],
      ],
    },
    {
      name: 'every third',
      texts: ['-A S -m statistic --mode nth --every 3 --packet 0 -j A', '-A S -j B'],
      shares: [
        [1, 3],
        [2, 3],
      ],
    },
    { name: 'none', texts: ['-A S -j A', '-A S -j B'], shares: [undefined, undefined] },
  ])('of $name are exact', ({ texts, shares }) => {
    expect(ruleShares(texts)).toEqual(shares)
  })
})

describe('where a chain is called', () => {
  it.each([
    ['PREROUTING', 'nat', 'prerouting', -100],
    ['POSTROUTING', 'nat', 'postrouting', 100],
    ['FORWARD', 'mangle', 'forward', -150],
    ['prerouting priority dstnat', 'ip kube-proxy', 'prerouting', -100],
    ['forward priority filter - 10', 'ip kube-proxy', 'forward', -10],
    ['output priority -110', 'ip kube-proxy', 'output', -110],
  ])('%s of %s', (hook, table, name, priority) => {
    expect(hookPlace(hook, table)).toEqual({ hook: name, priority })
  })
})

describe('the graph of a node', () => {
  const options = { taken: NO_PATH, pathOnly: true, find: '', open: new Set<string>() }

  it('shows the way of a packet and nothing else, and leads every jump to a box that is there', async () => {
    const session = await exampleSession()
    const way = { from: 'pod/client', to: 'svc/testweb:80' }
    const { trace } = callOperation(session, 'trace', way)
    const rules = callOperation(session, 'getNodeRules', { node: 'worker-1', kind: 'iptables' })
    if (trace === undefined) throw new Error('there is a trace')
    const taken = takenPath(trace, 'worker-1')
    const graph = ruleGraph(rules, { ...options, taken })
    expect(graph.shown).toBeLessThan(graph.chains)
    expect(graph.boxes.every(box => box.taken)).toBe(true)
    const shown = graph.boxes.flatMap(box =>
      box.rows.flatMap(row => (row.kind === 'rule' && row.taken ? [row.taken] : [])),
    )
    expect(shown.length).toBe(taken.rules.size)
    const layout = layoutChainGraph(chainSpecs(graph.boxes), graph.jumps)
    expect(layout.jumps).toHaveLength(graph.jumps.length)
  })

  it('is a neighbourhood when there are very many chains', () => {
    const rule = (to: string) => ({
      index: 1,
      text: `-A X -j ${to}`,
      target: to,
      jumps: [to],
      sets: [],
      packets: 0,
      bytes: 0,
    })
    const names = Array.from({ length: 3 * MOST_CHAINS }, (_, i) => `C${i}`)
    const chains = [
      {
        type: 'chain' as const,
        table: 'nat',
        name: 'PREROUTING',
        hook: 'PREROUTING',
        policy: 'ACCEPT',
        rules: names.map((name, i) => ({ ...rule(name), index: i + 1 })),
      },
      ...names.map(name => ({ type: 'chain' as const, table: 'nat', name, rules: [rule('RETURN')] })),
    ]
    const graph = ruleGraph({ chains }, options)
    expect(graph.chains).toBe(names.length + 1)
    expect(graph.shown).toBeLessThanOrEqual(MOST_CHAINS)
    const found = ruleGraph({ chains }, { ...options, find: 'C599' })
    expect(found.boxes.map(box => box.title)).toEqual(['prerouting', 'PREROUTING', 'C599'])
  })
})
