import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { createControlPlane } from '../../../src/controlplane/index.ts'
import { KubehopError } from '../../../src/errors.ts'

const SAMPLE = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {disk: ssd}
      containers:
      - name: main
        image: nginx
        ports: [{name: http, containerPort: 80, hostPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}], externalTrafficPolicy: Local}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
spec: {podCIDR: 10.244.9.0/24, taints: [{key: a, effect: NoSchedule}]}
status: {addresses: [{type: InternalIP, address: 10.0.0.1}], allocatable: {cpu: 2}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, annotations: {kubehop.dev/ready: "false"}}
spec: {nodeName: worker-1, containers: [{name: c, resources: {limits: {cpu: 100m}}}]}
status: {phase: Running, podIP: 10.244.9.2, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets: [{addresses: [{ip: 1.2.3.4}], ports: [{port: 1}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80}]}]}
`

/** Loads and settles; the only exception that may come out is our own. */
function survives(text: string): void {
  const plane = createControlPlane({ shape: { nodes: 1 } })
  try {
    plane.load([{ name: 'fuzz', text }])
  } catch (error) {
    expect(error).toBeInstanceOf(KubehopError)
    expect((error as KubehopError).code).not.toBe('KH_INTERNAL')
    return
  }
  plane.settle()
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '\n',
  ' ',
  '"',
  'null',
  '-1',
  '70000',
  '1e9',
  '*a',
  '&a ',
  '<<: ',
  '!!int ',
  '{{ .X }}',
  '~',
  'true',
  '__proto__: 1',
  '---\n',
  '\t',
  '|',
  '2147483648',
  '::',
  '\u0000',
  '%',
]

describe('loading', () => {
  test.prop([fc.string({ maxLength: 200, unit: 'binary' })], { numRuns: 300 })('survives arbitrary text', survives)

  test.prop(
    [fc.array(fc.constantFrom(...PIECES, 'a', 'kind: Pod', 'apiVersion: v1', 'metadata: '), { maxLength: 40 })],
    { numRuns: 300 },
  )('survives arbitrary YAML-like text', pieces => survives(pieces.join('')))

  test.prop(
    [
      fc.array(fc.tuple(fc.nat(SAMPLE.length), fc.nat(12), fc.constantFrom('', ...PIECES)), {
        minLength: 1,
        maxLength: 4,
      }),
    ],
    { numRuns: 250 },
  )('survives mutated manifests', edits => {
    let text = SAMPLE
    for (const [at, length, put] of edits) text = text.slice(0, at) + put + text.slice(at + length)
    survives(text)
  })

  test.prop([fc.json({ maxDepth: 4 })], { numRuns: 200 })(
    'survives arbitrary JSON in the fields of known kinds',
    json => {
      for (const kind of ['Pod', 'Service', 'Node', 'Endpoints']) {
        survives(
          `{"apiVersion":"v1","kind":"${kind}","metadata":{"name":"a"},"spec":${json},"status":${json},"subsets":${json}}`,
        )
      }
    },
  )
})
