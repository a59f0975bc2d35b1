import { describe, expect, it } from 'vitest'
import { callOperation } from '../../../src/api/index.ts'
import { matrixLines, VERDICT_CODES } from '../../../viz/layout/index.ts'
import { cellStory, pairToExplain } from '../../../viz/views/policy/cell-story.ts'
import { markChanges } from '../../../viz/views/policy/mark-changes.ts'
import { facetOf, foldsOf, linesOf, matrixModel, portFacets } from '../../../viz/views/policy/matrix-model.ts'
import { draftOf } from '../../../viz/views/policy/policy-drafts.ts'
import { policyGraph } from '../../../viz/views/policy/policy-graph.ts'
import { exampleSession } from '../../api/session-fixture.ts'

const NOTHING: ReadonlySet<string> = new Set()

async function example() {
  const session = await exampleSession()
  const { objects } = callOperation(session, 'listObjects', { kind: 'Pod' })
  return matrixModel(callOperation(session, 'reach', { by: 'pod' }), objects)
}

describe('the matrix of the page', () => {
  it('knows the workload of every pod', async () => {
    const { rows } = await example()
    expect(rows.filter(row => row.workload === 'default/deploy/testweb')).toHaveLength(3)
    expect(rows.at(-1)).toEqual({ namespace: '', workload: 'external', name: 'external' })
  })

  it('folds the namespaces of the system, and what the user turns over', async () => {
    const { rows } = await example()
    expect([...foldsOf(rows, 'pods', NOTHING)].sort()).toEqual(['ns:kube-flannel', 'ns:kube-system'])
    expect(foldsOf(rows, 'pods', new Set(['ns:kube-system', 'ns:shop']))).toEqual(
      new Set(['ns:kube-flannel', 'ns:shop']),
    )
    expect(foldsOf(rows, 'workloads', NOTHING).has('wl:shop/pod/db')).toBe(true)
  })

  it('names the ports of policies, by protocol and number', async () => {
    expect(portFacets(await example(), 8)).toEqual(['TCP/53', 'TCP/80', 'TCP/5432', 'TCP/8080', 'UDP/53'])
    expect(portFacets(await example(), 2)).toHaveLength(2)
  })

  it.each([
    ['tcp/80', { proto: 'tcp', port: 80 }],
    ['UDP', { proto: 'udp' }],
    ['tcp/0', undefined],
    ['tcp/70000', undefined],
    ['icmp', undefined],
    ['', undefined],
  ])('takes %j for ports', (text, facet) => {
    expect(facetOf(text)).toEqual(facet)
  })

  it('tells of a cell what the command line tells, and asks about one pair of it', async () => {
    const model = await example()
    const { rows, columns } = linesOf(model, 'pods', NOTHING)
    const line = (key: string) => rows.lines.find(one => one.key === key)
    const [api, db] = [line('pod:shop/api'), columns.lines.find(one => one.key === 'pod:shop/db')]
    if (api === undefined || db === undefined) throw new Error('both are in the example')
    expect(cellStory(model, model.grid, api, db, VERDICT_CODES.some)).toBe(
      'shop/api → shop/db: partly allowed, TCP 5432',
    )
    expect(pairToExplain(model, api, db, '')).toEqual({
      query: { from: 'shop/api', to: 'shop/db', proto: 'tcp', port: 5432 },
      anyPort: false,
    })
    expect(pairToExplain(model, api, db, 'UDP/53')?.query).toMatchObject({ proto: 'udp', port: 53 })
  })
})

describe('a change in the matrix', () => {
  const { lines } = matrixLines(
    ['a', 'b'].map(name => ({ namespace: 'n', workload: `n/${name}`, name: `n/${name}` })),
    new Set(['wl:n/a', 'wl:n/b']),
  )
  const grid = { rows: 2, columns: 2, codes: new Uint8Array(4) }
  const change = (from: string, to: string, what: 'gained' | 'lost') => ({
    from,
    to,
    change: what,
    ports: '',
    internet: false,
    causes: [],
  })

  it('is marked in its cell; both ways are some', () => {
    const { gained, lost, some } = VERDICT_CODES
    const marked = markChanges(grid, lines, lines, [
      change('n/a', 'n/b', 'gained'),
      change('n/b', 'n/a', 'lost'),
      change('n/b', 'n/b', 'lost'),
      change('n/b', 'n/b', 'gained'),
      change('n/gone', 'n/b', 'lost'),
    ])
    expect([...marked.codes]).toEqual([0, gained, lost, some])
    expect([...grid.codes]).toEqual([0, 0, 0, 0])
  })
})

describe('the graph of policies', () => {
  it('calls protected what a policy keeps somebody from, and draws lines only there', async () => {
    const model = await example()
    const { rows } = linesOf(model, 'workloads', NOTHING)
    const graph = policyGraph(matrixLines(model.rows, NOTHING).lines, model.grid, 'by policy')
    expect(graph.nodes.length).toBeGreaterThan(rows.lines.length)
    const isProtected = graph.nodes.filter(node => node.restricted).map(node => node.label)
    expect(isProtected).toEqual(['shop/api', 'shop/db', 'shop/frontend'])
    expect(graph.nodes.filter(node => node.limited).map(node => node.label)).toEqual(['shop/api'])
    for (const { from, to } of graph.edges) expect([from, to].some(end => end.startsWith('pod:shop/'))).toBe(true)
  })
})

describe('a draft', () => {
  it('is the object without what the system filled in', () => {
    const yaml =
      'kind: NetworkPolicy\nmetadata:\n  name: a\n  uid: x\n  resourceVersion: "4"\nspec:\n  podSelector: {}\nstatus:\n  conditions: []\n'
    expect(draftOf(yaml)).toBe('kind: NetworkPolicy\nmetadata:\n  name: a\nspec:\n  podSelector: {}\n')
  })
})
