import { describe, expect, it } from 'vitest'
import { createRandomSource, type Ingress } from '../../../src/controlplane/index.ts'
import { load } from '../../../src/controlplane/load/index.ts'

function read(text: string) {
  const { objects, warnings } = load([{ name: 'old.yaml', text }], { random: createRandomSource() })
  return { object: objects[0]?.object, warnings }
}

const WORKLOAD =
  'metadata: {name: a}\nspec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c}]}}}\n'
const SELECTED =
  'metadata: {name: a}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c}]}}}\n'

describe('group versions that Kubernetes gave up', () => {
  it.each([
    ['extensions/v1beta1', 'Deployment', WORKLOAD, 'apps/v1', 'v1.16'],
    ['extensions/v1beta1', 'DaemonSet', WORKLOAD, 'apps/v1', 'v1.16'],
    ['extensions/v1beta1', 'ReplicaSet', WORKLOAD, 'apps/v1', 'v1.16'],
    ['apps/v1beta1', 'Deployment', WORKLOAD, 'apps/v1', 'v1.16'],
    ['apps/v1beta1', 'StatefulSet', WORKLOAD, 'apps/v1', 'v1.16'],
    ['apps/v1beta2', 'DaemonSet', SELECTED, 'apps/v1', 'v1.16'],
    [
      'extensions/v1beta1',
      'NetworkPolicy',
      'metadata: {name: a}\nspec: {podSelector: {}}\n',
      'networking.k8s.io/v1',
      'v1.16',
    ],
    ['networking.k8s.io/v1beta1', 'IngressClass', 'metadata: {name: a}\n', 'networking.k8s.io/v1', 'v1.22'],
    [
      'batch/v1beta1',
      'CronJob',
      'metadata: {name: a}\nspec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}\n',
      'batch/v1',
      'v1.25',
    ],
    [
      'rbac.authorization.k8s.io/v1beta1',
      'ClusterRole',
      'metadata: {name: "system:x"}\nrules: []\n',
      'rbac.authorization.k8s.io/v1',
      'v1.22',
    ],
    [
      'certificates.k8s.io/v1beta1',
      'CertificateSigningRequest',
      'metadata: {name: a}\n',
      'certificates.k8s.io/v1',
      'v1.22',
    ],
  ])('%s %s', (apiVersion, kind, rest, now, removedIn) => {
    const { object, warnings } = read(`apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`)
    expect(object).toMatchObject({ apiVersion: now, kind })
    expect(warnings.map(one => one.message)).toEqual([
      `${apiVersion} ${kind} is not served since ${removedIn}; read as ${now}`,
    ])
    if (rest === WORKLOAD) expect(object).toMatchObject({ spec: { selector: { matchLabels: { app: 'a' } } } })
  })

  it('apps/v1beta2 demands a selector, as apps/v1 does', () => {
    expect(() => read(`apiVersion: apps/v1beta2\nkind: Deployment\n${WORKLOAD}`)).toThrow('spec.selector: is missing')
  })

  it('an Ingress of the course notes becomes networking.k8s.io/v1', () => {
    const { object } = read(`
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: service-ingress}
spec:
  backend: {serviceName: fallback, servicePort: web}
  rules:
  - host: app.example.com
    http:
      paths:
      - backend: {serviceName: nginx, servicePort: 80}
`)
    const expected: Ingress['spec'] = {
      defaultBackend: { service: { name: 'fallback', port: { name: 'web' } } },
      rules: [
        {
          host: 'app.example.com',
          http: {
            paths: [
              { pathType: 'ImplementationSpecific', backend: { service: { name: 'nginx', port: { number: 80 } } } },
            ],
          },
        },
      ],
    }
    expect(object).toMatchObject({ apiVersion: 'networking.k8s.io/v1', spec: expected })
  })

  it('the topology of a v1beta1 EndpointSlice becomes nodeName and zone', () => {
    const topology = '{kubernetes.io/hostname: n1, topology.kubernetes.io/zone: z1, rack: r7}'
    const { object } = read(
      `apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: a}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.1], topology: ${topology}}]\n`,
    )
    expect(object).toMatchObject({
      endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1', zone: 'z1', deprecatedTopology: { rack: 'r7' } }],
    })
  })
})
