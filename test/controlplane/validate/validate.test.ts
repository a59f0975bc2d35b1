import { describe, expect, it } from 'vitest'
import { apiMessage, applyDefaults, type KubeObject, validate } from '../../../src/controlplane/index.ts'

function complaints(apiVersion: string, kind: string, fields: object): string[] {
  const object = { apiVersion, kind, metadata: { name: 'a', namespace: 'default' }, ...fields } as KubeObject
  return validate(applyDefaults(object)).map(apiMessage)
}

const service = (spec: object) => complaints('v1', 'Service', { spec })
const pod = (spec: object) => complaints('v1', 'Pod', { spec: { containers: [{ name: 'c' }], ...spec } })
const policy = (spec: object) =>
  complaints('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, ...spec } })
const ingress = (spec: object) => complaints('networking.k8s.io/v1', 'Ingress', { spec })
const deployment = (spec: object) => complaints('apps/v1', 'Deployment', { spec })
const named = (kind: string, name: string) =>
  complaints('v1', kind, { metadata: { name }, spec: { ports: [{ port: 1 }], containers: [{ name: 'c' }] } })

const port = { port: 80 }
const backend = { service: { name: 's', port: { number: 80 } } }

describe('the API server says', () => {
  it.each<[string, string[], string[]]>([
    ['nothing of a plain Service', service({ ports: [port] }), []],
    ['a Service needs ports', service({}), ['spec.ports: Required value']],
    ['a headless Service does not', service({ clusterIP: 'None' }), []],
    [
      'several ports need names',
      service({ ports: [{ name: 'a', port: 1 }, { port: 2 }] }),
      ['spec.ports[1].name: Required value'],
    ],
    [
      'a port is given once',
      service({
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      }),
      ['spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}'],
    ],
    [
      'a port name is given once',
      service({
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      }),
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'a port is a port',
      service({ ports: [{ port: 70000 }] }),
      [
        'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'a nodePort needs its type',
      service({ ports: [{ port: 80, nodePort: 30001 }] }),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    ['ExternalName needs a name', service({ type: 'ExternalName' }), ['spec.externalName: Required value']],
    [
      'a type is one of four',
      service({ type: 'Node', ports: [port] }),
      [
        'spec.type: Unsupported value: "Node": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'leading zeros make no address',
      service({ ports: [port], externalIPs: ['10.0.0.010'] }),
      [
        'spec.externalIPs[0]: Invalid value: "10.0.0.010": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'Local needs an exposed Service',
      service({ ports: [port], externalTrafficPolicy: 'Local' }),
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      'affinity has its limits',
      service({
        ports: [port],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } },
      }),
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
      ],
    ],
    ['a pod needs containers', pod({ containers: [] }), ['spec.containers: Required value']],
    [
      'a container name is given once',
      pod({ containers: [{ name: 'c' }, { name: 'c' }] }),
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'a port name has a letter',
      pod({ containers: [{ name: 'c', ports: [{ name: '80', containerPort: 80 }] }] }),
      ['spec.containers[0].ports[0].name: Invalid value: "80": must contain at least one letter (a-z)'],
    ],
    [
      'a host port is given once',
      pod({
        containers: [
          {
            name: 'c',
            ports: [
              { containerPort: 1, hostPort: 9 },
              { containerPort: 2, hostPort: 9 },
            ],
          },
        ],
      }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: 9'],
    ],
    [
      'a restartPolicy is one of three',
      pod({ restartPolicy: 'Sometimes' }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
    ],
    [
      'spread needs a skew',
      pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] }),
      ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero'],
    ],
    [
      'a selector matches its template',
      deployment({
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'c' }] } },
      }),
      ['spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`'],
    ],
    [
      'an Ingress has rules',
      ingress({}),
      ['spec: Invalid value: {}: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'a path has a type',
      ingress({ rules: [{ http: { paths: [{ path: '/', backend }] } }] }),
      ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    ],
    [
      'a path is absolute',
      ingress({ rules: [{ http: { paths: [{ path: 'x', pathType: 'Prefix', backend }] } }] }),
      ['spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
    ],
    [
      'a backend port has a number or a name',
      ingress({ defaultBackend: { service: { name: 's' } } }),
      ['spec.defaultBackend.service.port: Required value: port name or number is required'],
    ],
    [
      'a peer says something',
      policy({ ingress: [{ from: [{}] }] }),
      ['spec.ingress[0].from[0]: Required value: must specify a peer'],
    ],
    [
      'an exception lies inside',
      policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] }),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      'the whole block is no exception',
      policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }] }] }),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
    ],
    [
      'a block has a prefix',
      policy({ ingress: [{ from: [{ ipBlock: { cidr: '' } }] }] }),
      ['spec.ingress[0].from[0].ipBlock.cidr: Required value'],
    ],
    [
      'port 0 is none',
      policy({ ingress: [{ ports: [{ port: 0 }] }] }),
      ['spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    ],
    [
      'ICMP is no protocol here',
      policy({ ingress: [{ ports: [{ protocol: 'ICMP', port: 80 }] }] }),
      ['spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'an endPort needs a number',
      policy({ egress: [{ ports: [{ port: 'serve-80', endPort: 20_000 }] }] }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 20000: may not be specified when `port` is non-numeric'],
    ],
    [
      'two policy types are all',
      policy({ policyTypes: ['Ingress', 'Egress', 'Ingress'] }),
      ['spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'],
    ],
    [
      'In needs values',
      policy({ podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
      [
        "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
    [
      'Gt is for nodes',
      policy({ podSelector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] } }),
      ['spec.podSelector.matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator'],
    ],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected)
  })

  it('what a name may be', () => {
    expect(named('Pod', 'a.b-c')).toEqual([])
    expect(named('Pod', 'Web')[0]).toMatch(
      /^metadata\.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of/,
    )
    expect(named('Service', '1st')[0]).toMatch(/a DNS-1035 label must consist of .*'my-name', {2}or 'abc-123'/)
    expect(named('Service', 'a'.repeat(64))).toEqual([
      `metadata.name: Invalid value: "${'a'.repeat(64)}": must be no more than 63 characters`,
    ])
  })
})

describe('defaults', () => {
  it.each<[string, object, object]>([
    [
      'Service',
      { spec: { ports: [port] } },
      {
        spec: {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ports: [{ protocol: 'TCP', targetPort: 80 }],
        },
      },
    ],
    [
      'Service',
      { spec: { type: 'LoadBalancer', ports: [port] } },
      { spec: { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true } },
    ],
    ['Service', { spec: { ports: [port], externalIPs: ['1.2.3.4'] } }, { spec: { externalTrafficPolicy: 'Cluster' } }],
    [
      'Service',
      { spec: { ports: [port], sessionAffinity: 'ClientIP' } },
      { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } },
    ],
    [
      'Service',
      { spec: { ports: [port] }, status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } } },
      { status: { loadBalancer: { ingress: [{ ipMode: 'VIP' }] } } },
    ],
    [
      'Pod',
      { spec: { containers: [{ name: 'c', image: 'r:5000/x' }] } },
      { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', containers: [{ imagePullPolicy: 'Always' }] } },
    ],
    [
      'Pod',
      { spec: { containers: [{ name: 'c', image: 'x:1' }] } },
      { spec: { containers: [{ imagePullPolicy: 'IfNotPresent' }] } },
    ],
    [
      'Pod',
      { spec: { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] } },
      { spec: { containers: [{ ports: [{ hostPort: 80, protocol: 'TCP' }] }] } },
    ],
    [
      'Pod',
      { spec: { containers: [{ name: 'c', resources: { limits: { cpu: 1 } } }] } },
      { spec: { containers: [{ resources: { requests: { cpu: 1 } } }] } },
    ],
    [
      'Namespace',
      { metadata: { name: 'x', labels: { a: 'b' } } },
      { metadata: { labels: { a: 'b', 'kubernetes.io/metadata.name': 'x' } }, status: { phase: 'Active' } },
    ],
  ])('of a %s: %o', (kind, given, expected) => {
    const object = { apiVersion: 'v1', kind, metadata: { name: 'a' }, ...given }
    expect(applyDefaults(object)).toMatchObject(expected)
    expect(applyDefaults(applyDefaults(object))).toEqual(applyDefaults(object))
  })

  it.each<[object, string[]]>([
    [{}, ['Ingress']],
    [{ egress: [] }, ['Ingress']],
    [{ egress: [{}] }, ['Ingress', 'Egress']],
    [{ policyTypes: ['Egress'] }, ['Egress']],
  ])('of a NetworkPolicy with %o', (spec, policyTypes) => {
    const object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'a' }, spec }
    expect(applyDefaults(object)).toMatchObject({ spec: { policyTypes } })
  })
})
