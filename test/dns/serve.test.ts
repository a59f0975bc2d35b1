import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type KubeObject, snapshotOf } from '../../src/controlplane/index.ts'
import {
  answerWith,
  CoreDns,
  decodeMessage,
  encodeMessage,
  queryMessage,
  RCODES,
  replyTo,
  TYPES,
} from '../../src/dns/index.ts'

const endpoints = Array.from({ length: 3000 }, (_, i) => ({
  addresses: [`10.${i >> 8}.${i & 255}.1`],
  hostname: `a-rather-long-host-name-${i}`,
}))
const snapshot = snapshotOf([
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'huge', namespace: 'default' },
    spec: { clusterIP: 'None', ports: [{ name: 'p', port: 1 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'long', namespace: 'default' },
    spec: { type: 'ExternalName', externalName: `${'x'.repeat(70)}.example.com` },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'huge-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'huge' } },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'p', port: 1, protocol: 'TCP' }],
  },
] as unknown as KubeObject[])
const dns = new CoreDns({
  corefile: {
    text: '. {\n rewrite name suffix .test. .default.svc.cluster.local. answer auto\n cache\n kubernetes cluster.local in-addr.arpa {\n pods insecure\n }\n forward . 192.0.2.53\n}',
  },
  snapshot: () => snapshot,
})
const serve = (bytes: Uint8Array, protocol: 'udp' | 'tcp' = 'udp'): readonly Uint8Array[] =>
  answerWith(dns.handle(bytes, { address: '10.0.0.1', port: 1, protocol, localPort: 53 }), request => ({
    kind: 'answer',
    message: replyTo(request.message, { rcode: RCODES.NXDOMAIN }),
  })).bytes

describe('whatever a client sends, the server answers with messages or not at all', () => {
  property.prop([fc.uint8Array({ maxLength: 200 })], { numRuns: 2000 })('arbitrary bytes', bytes => {
    for (const reply of serve(bytes)) decodeMessage(reply)
  })
  const label = fc.oneof(
    fc.constantFrom(
      'huge',
      'default',
      'svc',
      'pod',
      'cluster',
      'local',
      '10-0-0-1',
      'test',
      '_p',
      '_tcp',
      'in-addr',
      'arpa',
      '1',
    ),
    fc.stringMatching(/^[a-z0-9_*-]{1,63}$/),
  )
  property.prop(
    [
      fc.array(label, { maxLength: 8 }),
      fc.constantFrom(...Object.values(TYPES)),
      fc.constantFrom('udp' as const, 'tcp' as const),
      fc.nat(65535),
    ],
    { numRuns: 1000 },
  )(
    'well-formed queries: an answer to the same question, within the size that it takes',
    (labels, type, protocol, udpSize) => {
      const name = `${labels.join('.')}.`
      if (name.length > 250) return
      const query = encodeMessage(
        queryMessage(7, name, type, { edns: { udpSize, version: 0, dnssecOk: false, options: [] } }),
      )
      const [reply, ...more] = serve(query, protocol)
      const message = decodeMessage(reply ?? new Uint8Array())
      expect([message.id, message.qr, message.question[0]?.name, more.length]).toEqual([7, true, name, 0])
      expect(reply?.length).toBeLessThanOrEqual(protocol === 'tcp' ? 65535 : Math.max(512, udpSize))
    },
  )
  property.prop([fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 6 })], { numRuns: 1000 })(
    'queries with bytes changed',
    changes => {
      const bytes = encodeMessage(queryMessage(7, 'huge.default.svc.cluster.local.', TYPES.SRV))
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      for (const reply of serve(bytes)) decodeMessage(reply)
    },
  )
})

test('three thousand endpoints do not fit into 65,535 bytes: cut, even over TCP', () => {
  const [reply] = serve(encodeMessage(queryMessage(7, 'huge.default.svc.cluster.local.', TYPES.SRV)), 'tcp')
  const message = decodeMessage(reply ?? new Uint8Array())
  expect([message.tc, message.answer.length > 500]).toEqual([true, true])
})

test('a target that is no name on the wire is a server failure', () => {
  const [reply] = serve(encodeMessage(queryMessage(7, 'long.default.svc.cluster.local.', TYPES.CNAME)))
  expect(decodeMessage(reply ?? new Uint8Array()).rcode).toBe(RCODES.SERVFAIL)
})
