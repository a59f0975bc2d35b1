import { describe, expect, test } from 'vitest'
import { createControlPlane } from '../../../src/controlplane/index.ts'
import { PolicyEngine } from '../../../src/netpol/index.ts'
import { ReachMatrix } from '../../../src/probe/policy/index.ts'
import { MATRIX_FORMATS, type MatrixFormat } from '../../../src/report/matrix/index.ts'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {app: b}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b, namespace: x}
spec:
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{podSelector: {}}], ports: [{port: 80}, {port: 53, protocol: UDP}]}]
`

function matrix(): ReachMatrix {
  const plane = createControlPlane()
  plane.load([{ name: 'x.yaml', text: MANIFEST }])
  return new ReachMatrix(new PolicyEngine(plane.snapshot()))
}

function render(format: MatrixFormat): string {
  return [...MATRIX_FORMATS[format](matrix())].join('')
}

describe('the reachability matrix', () => {
  test('as text', () => {
    expect(render('text')).toBe(`all ports, by pod: rows open connections to columns

            1 2 3
x/a      1  - + .
x/b      2  . - .
external 3  . X -

. allowed   X denied   + some   - itself

x/a -> x/b: TCP 80,UDP 53
`)
  })

  test('as CSV', () => {
    expect(render('csv').split('\r\n').slice(0, 4)).toEqual([
      'from,to,verdict,any,every',
      'x/a,x/a,self,All Connections,All Connections',
      'x/a,x/b,some,"TCP 80,UDP 53","TCP 80,UDP 53"',
      'x/a,external,allowed,All Connections,All Connections',
    ])
  })

  test('as JSON that parses, with all cells', () => {
    const { schema, sources, rows } = JSON.parse(render('json'))
    expect(schema).toBe('kubehop.dev/reach/v1')
    expect(sources).toEqual(['x/a', 'x/b', 'external'])
    expect(rows[2]).toEqual({
      from: 'external',
      cells: [
        { verdict: 'allowed', every: 'All Connections', any: 'All Connections' },
        { verdict: 'denied', every: 'No Connections', any: 'No Connections' },
        { verdict: 'self', every: 'All Connections', any: 'All Connections' },
      ],
    })
  })

  test('serialises as it is, into the same', () => {
    expect(JSON.parse(JSON.stringify(matrix()))).toEqual(JSON.parse(render('json')))
  })

  test('as Markdown, DOT, SVG and HTML', () => {
    expect(render('md')).toContain('| x/a | · | 🔶 TCP 80,UDP 53 | ✅ |')
    expect(render('dot')).toContain('"x/a" -> "x/b" [label="TCP 80,UDP 53", style=dashed]')
    expect(render('dot')).not.toContain('"external" -> "x/b"')
    expect(render('svg')).toContain('<title>external → x/b: No Connections</title>')
    expect(render('html')).toContain('<td class="some" title="TCP 80,UDP 53">TCP 80,UDP 53</td>')
  })

  test('is the same every time', () => {
    for (const format of Object.keys(MATRIX_FORMATS) as MatrixFormat[]) expect(render(format)).toBe(render(format))
  })
})
