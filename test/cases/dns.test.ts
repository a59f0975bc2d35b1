import { describe, expect, test } from 'vitest'
import { snapshotOf } from '../../src/controlplane/index.ts'
import { CoreDns, parseRequest, parseResolvConf, podDns, type ResolvConf } from '../../src/dns/index.ts'
import { endpointName } from '../../src/dns/kubernetes/index.ts'
import { readCases } from '../support/cases.ts'
import {
  askGroup,
  type DnsGroup,
  dnsOfGroup,
  expected,
  runStub,
  type StubTrace,
  unordered,
} from '../support/dns-cases.ts'

interface Table {
  readonly nameParsing: {
    readonly zone: string
    readonly cases: readonly { readonly name: string; readonly expect: Readonly<Record<string, unknown>> }[]
  }
  readonly endpointHostname: readonly {
    readonly ip: string
    readonly hostname: string
    readonly podName: string
    readonly endpoint_pod_names: boolean
    readonly expect: string
  }[]
  readonly corefileKubernetes: readonly {
    readonly corefile: string
    readonly ok: boolean
    readonly errorContains?: string
    readonly ttl?: number
  }[]
  readonly resolvConfParsing: readonly {
    readonly text: string
    readonly nameservers: readonly string[]
    readonly searches: readonly string[]
    readonly options: readonly string[]
    readonly error: boolean
  }[]
  readonly resolvConf: readonly {
    readonly desc: string
    readonly clusterDNS: readonly string[]
    readonly clusterDomain: string
    readonly node: ResolvConf | null
    readonly namespace: string
    readonly pod: Readonly<Record<string, unknown>>
    readonly expect: ResolvConf
  }[]
  readonly stubResolver: {
    readonly nameserver: string
    readonly cluster: string
    readonly traces: readonly StubTrace[]
  }
  readonly groups: readonly DnsGroup[]
}

const table = readCases<Table>('dns.json')

describe('the names of a cluster zone are taken apart', () => {
  test.each(table.nameParsing.cases)('$name', ({ name, expect: { error, multicluster, zonal, zone, ...parts } }) => {
    const request = parseRequest(name, table.nameParsing.zone, {
      multicluster: multicluster === true,
      zonal: zonal === true,
    })
    if (error !== undefined) expect(request).toBeUndefined()
    else expect(request).toMatchObject(zone === undefined ? parts : { ...parts, zone })
  })
})

test.each(table.endpointHostname)(
  'an endpoint $ip/$hostname/$podName is called $expect',
  ({ ip, hostname, podName, endpoint_pod_names, expect: name }) => {
    expect(endpointName(ip, hostname, podName, endpoint_pod_names)).toBe(name)
  },
)

describe('the directive kubernetes', () => {
  test.each(table.corefileKubernetes)('$corefile', ({ corefile, ok, errorContains, ttl }) => {
    const load = (): CoreDns =>
      new CoreDns({ corefile: { text: `.:53 {\n${corefile}\n}` }, snapshot: () => snapshotOf([]) })
    if (!ok) {
      expect(load).toThrow(
        expect.objectContaining({ code: 'KH_COREFILE', message: expect.stringContaining(errorContains ?? '') }),
      )
      return
    }
    expect(load().pluginNames('.')).toEqual(['kubernetes'])
    if (ttl === undefined) return
    const group: DnsGroup = {
      id: '',
      title: '',
      corefile: `.:53 {\n${corefile}\n}`,
      options: {},
      cluster: {},
      queries: [],
    }
    const shown = askGroup(dnsOfGroup(group), group, { id: '', name: 'cluster.local.', type: 'SOA', rcode: 'NOERROR' })
    expect(shown.answer[0]).toMatch(new RegExp(` 86400 ${ttl}$`))
  })
})

describe('a resolv.conf as kubelet reads it', () => {
  test.each(table.resolvConfParsing)('$text', ({ text, nameservers, searches, options, error }) => {
    if (error) expect(() => parseResolvConf(text)).toThrow(expect.objectContaining({ code: 'KH_DNS' }))
    else expect(parseResolvConf(text)).toEqual({ nameservers, searches, options })
  })
})

describe('the resolv.conf of a pod', () => {
  test.each(table.resolvConf)('$desc', ({ clusterDNS, clusterDomain, node, namespace, pod, expect: wanted }) => {
    const conf = podDns(
      { metadata: { name: 'pod', namespace }, spec: { containers: [], ...pod } },
      { clusterDNS, clusterDomain, node: node ?? undefined },
    )
    expect({ nameservers: conf.nameservers, searches: conf.searches, options: conf.options }).toEqual(wanted)
  })
})

describe('stub resolvers send what was recorded', () => {
  const group = table.groups.find(candidate => candidate.id === table.stubResolver.cluster)
  test.each(table.stubResolver.traces)('$tool: $name ($resolvOptions)', trace => {
    if (group === undefined) throw new Error(`there is no group ${table.stubResolver.cluster}`)
    const run = runStub(trace, table.stubResolver.nameserver, group)
    expect(run).toEqual({ queries: trace.queries, result: trace.result })
  })
})

describe.each(table.groups)('$id: $title', group => {
  const dns = dnsOfGroup(group)
  test.each(group.queries)('$id $name $type', query => {
    const shown = askGroup(dns, group, query)
    const wanted = expected(query)
    if (query.ordered === true) expect(shown).toEqual(wanted)
    else expect(unordered(shown)).toEqual(unordered(wanted))
  })
})
