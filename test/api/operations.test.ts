import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  callByName,
  callOperation,
  OPERATIONS,
  operationList,
  policyOptions,
  type Session,
} from '../../src/api/index.ts'
import type { KubehopError } from '../../src/errors.ts'
import { packMatrix, ReachMatrix } from '../../src/probe/index.ts'
import { CALLS, DENY_ALL, exampleSession } from './session-fixture.ts'

const ajv = new Ajv2020({ strict: false, allErrors: true })
const traceSchema = ajv.compile(JSON.parse(readFileSync('docs/trace.schema.json', 'utf8')))

/** A schema by which nothing may be there that it does not name. */
function closed(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    const isObject = typeof value === 'object' && value !== null && value.type === 'object' && 'properties' in value
    return isObject ? { additionalProperties: false, ...value } : value
  })
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return (error as KubehopError).code
  }
  return 'no error'
}

describe('the table of operations', () => {
  it('names each operation once, by its key, with a path of its own', () => {
    expect(operationList().map(({ name }) => name)).toEqual(Object.keys(OPERATIONS))
    const ways = operationList().map(({ method, path }) => `${method} ${path}`)
    expect(new Set(ways).size).toBe(ways.length)
  })

  it.each(operationList().map(one => [one.name, one] as const))('%s: its path names its parameters', (_, one) => {
    const named = [...one.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
    expect(Object.keys(one.params.properties).sort()).toEqual(named.sort())
    expect(one.path).toMatch(/^\/api\//)
    expect(one.summary).toMatch(/[^.]\.$/)
    if (one.method === 'GET') expect(Object.keys(one.body.properties)).toEqual([])
    else expect(Object.keys(one.query.properties)).toEqual([])
    const keys = [one.params, one.query, one.body].flatMap(({ properties }) => Object.keys(properties))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('is called as a whole below', () => {
    expect(new Set(CALLS.map(([name]) => name))).toEqual(new Set(Object.keys(OPERATIONS)))
  })
})

describe('operations on the example cluster', () => {
  const session = exampleSession()
  it.each(CALLS.map(([name, input]) => [name, input] as const))(
    '%s %o answers what its schema says',
    async (name, input) => {
      const answer = callByName(await session, name, input) as Record<string, unknown>
      const validate = ajv.compile(closed(OPERATIONS[name].response) as object)
      expect(validate(answer), JSON.stringify(validate.errors)).toBe(true)
      expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
      if (answer.schema === undefined && answer.trace !== undefined)
        expect(traceSchema(answer.trace), JSON.stringify(traceSchema.errors)).toBe(true)
    },
  )
})

describe('what operations say', () => {
  let session: Session
  beforeAll(async () => {
    session = await exampleSession()
  })

  it('a topology has every pod once, with both ends of its veth pair', () => {
    const { zones, pending } = callOperation(session, 'getTopology', {})
    const nodes = zones.flatMap(zone => zone.nodes)
    const pods = [...nodes.flatMap(node => node.pods), ...pending].map(pod => `${pod.namespace}/${pod.name}`)
    expect(pods.sort()).toEqual(
      session.current.cluster.snapshot.pods.map(p => `${p.metadata.namespace}/${p.metadata.name}`).sort(),
    )
    const worker = nodes.find(node => node.name === 'worker-1')
    const client = worker?.pods.find(pod => pod.name === 'client')
    const eth0 = client?.interfaces?.find(one => one.name === 'eth0')
    const veth = worker?.interfaces?.find(one => one.name === eth0?.peer?.name)
    expect(eth0).toMatchObject({ kind: 'veth', addresses: [`${client?.ips[0]}/24`], peer: { namespace: 'worker-1' } })
    expect(veth).toMatchObject({ kind: 'veth', master: 'cni0', peer: { namespace: 'default/client', name: 'eth0' } })
    expect(worker?.interfaces?.find(one => one.kind === 'vxlan')?.overlay).toEqual({
      vni: 1,
      port: 8472,
      local: '192.168.0.11',
    })
  })

  it('a topology says what is wrong', () => {
    const { zones, pending } = callOperation(session, 'getTopology', {})
    expect(zones.map(({ name, nodes }) => [name, nodes.map(node => node.name)])).toEqual([
      ['', ['control-plane', 'worker-1', 'worker-3']],
      ['west', ['worker-2']],
    ])
    expect(zones[1]?.nodes[0]).toMatchObject({ ready: false, faults: ['NotReady: kubelet stopped posting'] })
    expect(pending.map(pod => pod.name)).toEqual(['homeless'])
    expect(pending[0]?.faults[0]).toMatch(/^on no node: /)
  })

  it('rules lead to the object that they are for, and to where it was written', () => {
    const { chains } = callOperation(session, 'getNodeRules', { node: 'worker-1', kind: 'iptables', table: 'nat' })
    const rule = chains.find(chain => chain.name === 'KUBE-SERVICES')?.rules.find(one => one.text.includes('testweb'))
    expect(rule?.object).toEqual({ kind: 'Service', namespace: 'default', name: 'testweb' })
    expect(rule?.place?.file).toMatch(/^examples\/testweb\//)
    expect(chains.map(chain => chain.name)).toEqual(expect.arrayContaining([...(rule?.jumps ?? ['-'])]))
  })

  it('rules and elements of nftables lead to the object too', () => {
    const { chains } = callOperation(session, 'getNodeRules', { node: 'worker-1', kind: 'nft', proxyMode: 'nftables' })
    const testweb = { kind: 'Service', namespace: 'default', name: 'testweb' }
    const own = chains.filter(({ name }) => /^(?:service|external|endpoint)-\w+-default\/testweb\//.test(name))
    expect(own.length).toBeGreaterThan(4)
    for (const { rules } of own) for (const { object } of rules) expect(object).toEqual(testweb)
    const elements = chains.find(({ name }) => name === 'service-ips')?.rules ?? []
    expect(elements.map(({ object }) => object?.name).sort()).toEqual(
      ['kube-dns', 'kube-dns', 'kube-dns', 'kubernetes', 'testweb'].sort(),
    )
    const dns = elements.find(({ text }) => text.endsWith('/tcp/metrics'))
    expect(dns?.object).toEqual({ kind: 'Service', namespace: 'kube-system', name: 'kube-dns' })
  })

  it('every jump of every kind of rules leads to a chain of its table', () => {
    for (const [kind, proxyMode] of [
      ['iptables', 'iptables'],
      ['iptables', 'legacy'],
      ['nft', 'nftables'],
      ['iptables', 'ipvs'],
    ] as const) {
      const { chains } = callOperation(session, 'getNodeRules', { node: 'worker-1', kind, proxyMode })
      const known = new Set(chains.map(({ table, name }) => `${table} ${name}`))
      const jumps = chains.flatMap(({ table, rules }) =>
        rules.flatMap(rule => rule.jumps.map(name => `${table} ${name}`)),
      )
      expect(jumps.length).toBeGreaterThan(5)
      expect(jumps.filter(jump => !known.has(jump))).toEqual([])
    }
  })

  it('rules count the packets of an exchange that went by', () => {
    const count = (input: { afterFrom?: string; afterTo?: string }): number =>
      callOperation(session, 'getNodeRules', { node: 'worker-1', kind: 'iptables', table: 'nat', ...input })
        .chains.flatMap(chain => chain.rules)
        .reduce((sum, rule) => sum + rule.packets, 0)
    expect(count({})).toBe(0)
    expect(count({ afterFrom: 'pod/client', afterTo: 'svc/testweb' })).toBeGreaterThan(3)
  })

  it('expected shares of a Service are exact and flows are counted whole', () => {
    const view = callOperation(session, 'getService', { namespace: 'default', name: 'testweb', observe: 30 })
    const [port] = view.ports
    const shares = port?.shares.flatMap(({ traffic }) => traffic.flatMap(({ endpoints }) => endpoints)) ?? []
    expect(shares.length).toBeGreaterThan(0)
    for (const { endpoint, share } of shares) {
      expect(port?.endpoints.map(one => one.endpoint)).toContain(endpoint)
      expect(Number(share.denominator)).toBe(port?.endpoints.filter(one => one.ready).length)
    }
    const { counts = [], failed = [] } = view.observed ?? {}
    expect([...counts, ...failed].reduce((sum, one) => sum + one.flows, 0)).toBe(30)
    expect(view.ingresses.map(({ host, path }) => `${host}${path}`)).toEqual(['shop.example/web', '**'])
  })

  it('the packed matrix says what the matrix says, cell by cell', () => {
    const packed = callOperation(session, 'reach', { by: 'pod', format: 'json' })
    const full = JSON.parse(packed.text ?? '') as { rows: { cells: { verdict: string; any: string }[] }[] }
    const signs: Record<string, string> = { allowed: '+', denied: '-', some: '~', self: '=' }
    expect(packed.rows).toEqual(full.rows.map(({ cells }) => cells.map(cell => signs[cell.verdict]).join('')))
    const { texts = [], rows = [] } = packed.connections ?? {}
    expect(rows.map(row => row.map(index => texts[index]))).toEqual(full.rows.map(({ cells }) => cells.map(c => c.any)))
    expect(new Set(packed.rows.join(''))).toEqual(new Set('+-~='))
  })

  it('a matrix without texts has the same signs, for every protocol and port', () => {
    const engine = session.engine(policyOptions({}))
    for (const query of [
      {},
      { protocol: 'TCP' },
      { port: 5432 },
      { protocol: 'UDP', port: 53 },
      { by: 'namespace' },
    ] as const) {
      const matrix = new ReachMatrix(engine, { by: 'pod', ...query })
      expect(packMatrix(matrix, false)).toEqual({ rows: packMatrix(matrix, true).rows })
    }
  })

  it('an edit is tried without a trace and kept when it is applied', () => {
    const seen: unknown[] = []
    const stop = session.subscribe(event => seen.push(event))
    const tried = callOperation(session, 'whatIf', { documents: [{ text: DENY_ALL }] })
    expect(session.current.revision).toBe(1)
    const kept = callOperation(session, 'applyEdits', { documents: [{ text: DENY_ALL }], label: 'closed' })
    expect(kept).toMatchObject({ revision: 2, label: 'closed', difference: tried.difference })
    expect(seen).toEqual([{ type: 'revision', revision: 2, label: 'closed' }])
    stop()
    expect(kept.difference.objects.added).toEqual([{ kind: 'NetworkPolicy', namespace: 'default', name: 'deny-all' }])
    expect(kept.difference.reach.length).toBeGreaterThan(0)
    expect(kept.difference.reach.every(({ change }) => change === 'lost')).toBe(true)
    const end = (revision: number) =>
      callOperation(session, 'why', { from: 'pod/client', to: 'svc/testweb', revision }).allowed
    expect([end(1), end(2)]).toEqual([true, false])
    expect(callOperation(session, 'diffRevisions', { from: 1, to: 2 }).difference).toEqual(kept.difference)
  })

  it('problems of an edit have a place, and a refused edit changes nothing', () => {
    const text = DENY_ALL.replace('podSelector: {}', 'podSelector: 4')
    const { problems, difference } = callOperation(session, 'whatIf', { documents: [{ name: 'x.yaml', text }] })
    expect(problems).toEqual([
      expect.objectContaining({ code: 'KH_MANIFEST', place: { file: 'x.yaml', line: 4, column: 9 } }),
    ])
    expect(difference).toBeUndefined()
    const before = session.current.revision
    expect(codeOf(() => callOperation(session, 'applyEdits', { documents: [{ text }] }))).toBe('KH_MANIFEST')
    expect(session.current.revision).toBe(before)
  })

  it('the page says the lines of the terminal', () => {
    const { lines, trace } = callOperation(session, 'trace', { from: 'pod/client', to: 'svc/testweb', revision: 1 })
    expect(lines[0]).toMatch(/^TRACE {2}pod\/client → svc\/testweb:80 \(tcp\) {3}DELIVERED/)
    expect(trace?.hops.length).toBeGreaterThan(1)
  })
})

describe('what operations refuse', () => {
  it.each([
    ['no such operation', 'getNothing', {}, 'KH_NOT_FOUND'],
    ['a name of the prototype', 'constructor', {}, 'KH_NOT_FOUND'],
    ['a missing field', 'trace', { from: 'pod/client' }, 'KH_USAGE'],
    ['an unknown field', 'trace', { from: 'pod/client', to: 'svc/testweb', frm: 1 }, 'KH_USAGE'],
    ['a wrong type', 'trace', { from: 'pod/client', to: 'svc/testweb', port: '80' }, 'KH_USAGE'],
    ['a number out of range', 'trace', { from: 'pod/client', to: 'svc/testweb', ttl: 0 }, 'KH_USAGE'],
    ['a list', 'trace', [], 'KH_USAGE'],
    ['a revision that is not there', 'getCluster', { revision: 77 }, 'KH_NOT_FOUND'],
    ['an object that is not there', 'getObject', { kind: 'Pod', namespace: 'default', name: 'x' }, 'KH_NOT_FOUND'],
    ['a pod that is not there', 'trace', { from: 'pod/nobody', to: 'svc/testweb' }, 'KH_ENDPOINT'],
    ['a node that is not there', 'getNodeRules', { node: 'nowhere', kind: 'iptables' }, 'KH_ENDPOINT'],
    ['a table that is not there', 'getNodeRules', { node: 'worker-1', kind: 'iptables', table: 'natt' }, 'KH_USAGE'],
    ['a Service that is not there', 'getService', { namespace: 'default', name: 'testwebb' }, 'KH_ENDPOINT'],
    ['a lint rule that is not there', 'lint', { rules: ['x'] }, 'KH_USAGE'],
    ['an object to remove that is not there', 'applyEdits', { remove: [{ kind: 'Pod', name: 'x' }] }, 'KH_NOT_FOUND'],
    [
      'a capture of all branches',
      'traceExport',
      { from: 'pod/client', to: 'svc/testweb', all: true, format: 'pcapng' },
      'KH_USAGE',
    ],
  ])('%s', async (_, name, input, code) => {
    const session = await exampleSession()
    expect(codeOf(() => callByName(session, name, input))).toBe(code)
  })
})
