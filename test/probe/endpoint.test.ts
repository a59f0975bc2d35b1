import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readInputs } from '../../src/cli/read-inputs.ts'
import { Cluster } from '../../src/cluster/index.ts'
import { KubehopError } from '../../src/errors.ts'
import { parseEndpoint } from '../../src/probe/index.ts'
import { formatAddr } from '../../src/wire/addr.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = Cluster.load({ inputs: await readInputs(['test/cli/fixtures/shop.yaml']) })
})

const summary = (text: string, namespace = 'default'): string => {
  const endpoint = parseEndpoint(text, cluster, namespace)
  const port = endpoint.port === undefined ? '' : ` port ${endpoint.port}`
  switch (endpoint.kind) {
    case 'pod':
      return `pod ${endpoint.pod.metadata.namespace}/${endpoint.pod.metadata.name.replace(/^(web)-.*/, '$1-…')}${port}`
    case 'service':
      return `service ${endpoint.service.metadata.namespace}/${endpoint.service.metadata.name}${port}`
    case 'node':
      return `node ${endpoint.name}${port}`
    default:
      return `${endpoint.kind} ${formatAddr(endpoint.addr)}${port}`
  }
}

describe('an endpoint', () => {
  it.each([
    ['pod/client', 'pod default/client'],
    ['po/client:80', 'pod default/client port 80'],
    ['default/client', 'pod default/client'],
    ['pod/client.default', 'pod default/client'],
    ['svc/web', 'service default/web'],
    ['service/web.default:80', 'service default/web port 80'],
    ['svc/web.default.svc.cluster.local:http', 'service default/web port http'],
    ['svc/kube-dns.kube-system:dns', 'service kube-system/kube-dns port dns'],
    ['deploy/web', 'pod default/web-…'],
    ['node/worker-1:10250', 'node worker-1 port 10250'],
    ['external', 'external 203.0.113.10'],
    ['external:443', 'external 203.0.113.10 port 443'],
    ['external/198.51.100.7:443', 'external 198.51.100.7 port 443'],
    ['external/2001:db8::7', 'external 2001:db8::7'],
    ['10.244.1.2:80', 'address 10.244.1.2 port 80'],
    ['10.244.1.2', 'address 10.244.1.2'],
    ['[fd00::1]:80', 'address fd00::1 port 80'],
    ['[fd00::1]', 'address fd00::1'],
    ['fd00::1', 'address fd00::1'],
  ])('%s is %s', (text, expected) => {
    expect(summary(text)).toBe(expected)
  })

  it('takes its namespace from the flag when it names none', () => {
    expect(summary('svc/kube-dns', 'kube-system')).toBe('service kube-system/kube-dns')
  })

  it('is one KubehopError when it is none, whatever the text', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'pod',
        'svc',
        'deploy',
        'node',
        'external',
        'default',
        'web',
        'client',
        'worker-1',
        '/',
        ':',
        '.',
        '[',
        ']',
        '80',
        '::1',
        '10.0.0.1',
      ),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), words => {
        try {
          summary(words.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(KubehopError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
