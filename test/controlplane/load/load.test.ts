import { describe, expect, it } from 'vitest'
import { createRandomSource } from '../../../src/controlplane/index.ts'
import { DEFAULT_LIMITS, type LoadLimits, load } from '../../../src/controlplane/load/index.ts'
import { KubehopError } from '../../../src/errors.ts'

function read(text: string, limits: LoadLimits = DEFAULT_LIMITS) {
  return load([{ name: 'm.yaml', text }], { random: createRandomSource(), limits })
}

/** Reads `x: VALUE` inside a ConfigMap-like object of unknown kind, which keeps values as they are. */
function value(text: string): unknown {
  const [loaded] = read(`apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nx: ${text}\n`).objects
  return (loaded?.object as unknown as { x: unknown } | undefined)?.x
}

function failure(text: string, limits?: LoadLimits): { code: string; message: string } {
  try {
    read(text, limits)
  } catch (error) {
    if (error instanceof KubehopError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('was accepted')
}

describe('YAML is read as kubectl 1.32 reads it', () => {
  // Recorded with `kubectl annotate --local -o json`.
  it.each([
    ['yes', true],
    ['No', false],
    ['on', true],
    ['y', true],
    ['010', 8],
    ['0o10', 8],
    ['0x1F', 31],
    ['1_000', 1000],
    ['12:30:45', '12:30:45'],
    ['09:00', '09:00'],
    ['2001-01-01', '2001-01-01'],
    ['1e3', 1000],
    ['.5', 0.5],
    ['0b11', 3],
    ['"yes"', 'yes'],
    ['+5', 5],
    ['-0x10', -16],
    ['1.0', 1],
    ['08', 8],
    ['TRUE', true],
    ['0777', 511],
  ])('%s is %o', (text, expected) => {
    expect(value(text)).toBe(expected)
  })
})

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: c\n'

describe('wrong input has one message with its place', () => {
  it.each<[string, string, string, string]>([
    ['a tab', 'a:\n\tb: 1\n', 'KH_YAML', 'm.yaml:2:1: not well-formed YAML'],
    ['an open bracket', 'a: [1, 2\nb: 3\n', 'KH_YAML', 'm.yaml:2'],
    [
      'a repeated key',
      'apiVersion: v1\nkind: Pod\nkind: Pod\n',
      'KH_YAML',
      'm.yaml:3:1: the key "kind" is given twice',
    ],
    [
      'a repeated key in JSON',
      '{"apiVersion": "v1",\n "kind": "Pod", "kind": "Pod"}',
      'KH_YAML',
      'm.yaml:2:17: the key "kind" is given twice',
    ],
    ['a scalar', 'hello', 'KH_MANIFEST', 'm.yaml:1:1: "hello" is not a Kubernetes object'],
    ['a list', '- a\n- b\n', 'KH_MANIFEST', 'm.yaml:1:1: a list is not a Kubernetes object'],
    [
      'no kind',
      'apiVersion: v1\nmetadata: {name: a}\n',
      'KH_MANIFEST',
      'm.yaml:1:1: kind: is missing or not a string; expected such as Pod',
    ],
    ['no apiVersion', 'kind: Pod\n', 'KH_MANIFEST', 'apiVersion: is missing or not a string'],
    [
      'no name',
      'apiVersion: v1\nkind: Pod\nmetadata: {labels: {a: b}}\n',
      'KH_MANIFEST',
      'm.yaml:3:1: metadata.name: is missing',
    ],
    [
      'a port out of range',
      `${POD}    ports:\n    - containerPort: 70000\n`,
      'KH_MANIFEST',
      'm.yaml:9:7: spec.containers[0].ports[0].containerPort: 70000 is not a port (1–65535) (Pod default/a)',
    ],
    [
      'a port that is text',
      `${POD}    ports:\n    - containerPort: eighty\n`,
      'KH_MANIFEST',
      'm.yaml:9:7: spec.containers[0].ports[0].containerPort: "eighty" is not a whole number',
    ],
    [
      'a label that is a boolean',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: no}}\n',
      'KH_MANIFEST',
      'metadata.labels.x: false is not a string (YAML reads yes, no, on, off, y and n as booleans); put the value in quotes',
    ],
    [
      'a template',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-x\n',
      'KH_YAML',
      'm.yaml:4:9: unexpanded template {{ .Release.Name }}; expected a rendered manifest: run `helm template CHART`',
    ],
    [
      'a template with a condition',
      '{{- if .Values.on }}\napiVersion: v1\n{{- end }}\n',
      'KH_YAML',
      'm.yaml:1:1: unexpanded template {{- if .Values.on }}',
    ],
    [
      'a template in quotes',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {containers: [{name: a}]}\n',
      'KH_MANIFEST',
      'this looks like an unexpanded template',
    ],
    [
      '__proto__',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {__proto__: x}\n',
      'KH_MANIFEST',
      'm.yaml:4:8: __proto__ cannot be a field',
    ],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`,
      'KH_LIMIT',
      'aliases expand to more than 100 copies',
    ],
    ['deep brackets', '['.repeat(20_000), 'KH_LIMIT', 'm.yaml:1:1: nested more than 128 levels deep'],
    ['deep JSON', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'KH_LIMIT', 'nested more than 128 levels deep'],
  ])('%s', (_, text, code, message) => {
    const found = failure(text)
    expect(found.message).toContain(message)
    expect(found.code).toBe(code)
  })

  it('takes no more than its limits', () => {
    expect(failure('a: 1\n---\n'.repeat(50), { ...DEFAULT_LIMITS, documents: 10 }).message).toContain(
      'documents; at most 10 are taken',
    )
    expect(failure(`a: ${'x'.repeat(100)}`, { ...DEFAULT_LIMITS, size: 50 }).message).toContain(
      'characters; at most 50 are taken',
    )
  })

  it('names every fault of an object', () => {
    const { message } = failure(`${POD}    ports:\n    - containerPort: 0\n    - containerPort: 70000\n`)
    expect(message.split('\n')).toHaveLength(2)
    expect(message).toContain('\n  m.yaml:10:7: spec.containers[0].ports[1].containerPort: 70000')
  })
})

describe('objects', () => {
  it('come from documents, Lists and typed lists, in YAML and JSON', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }],
    }
    const typed = { apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'c' } }] }
    const yaml = read('# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n')
    const json = read(`${JSON.stringify(list)}\n${JSON.stringify(typed)}`)
    const names = [...yaml.objects, ...json.objects].map(
      ({ object }) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`,
    )
    expect(names).toEqual(['ConfigMap default/a', 'ConfigMap default/b', 'ConfigMap default/c'])
  })

  it('keep what kubectl get prints', () => {
    const metadata = {
      name: 'a',
      namespace: 'x',
      uid: 'u-1',
      resourceVersion: '77',
      creationTimestamp: '2020-01-01T00:00:00Z',
    }
    const status = { phase: 'Running', podIP: '10.1.1.1', podIPs: [{ ip: '10.1.1.1' }] }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { nodeName: 'n', containers: [{ name: 'c' }] },
      status,
    }
    const [loaded] = read(JSON.stringify(pod)).objects
    expect(loaded?.object).toMatchObject({ metadata: { uid: 'u-1' }, status })
  })

  it('have null fields as if they were absent, as Go reads them', () => {
    const [loaded] = read(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: null}}\nspec: {containers: [{name: c, ports: null}], nodeName: null}\nstatus: null\n',
    ).objects
    expect(loaded?.object).toMatchObject({ metadata: { labels: { x: '' } } })
    expect(loaded?.object).not.toHaveProperty('status')
  })

  it('get a namespace where their kind has one', () => {
    const texts = [
      'v1\nkind: Pod\nspec: {containers: [{name: c}]}',
      'v1\nkind: Node',
      'projectcalico.org/v3\nkind: GlobalNetworkPolicy',
      'cilium.io/v2\nkind: CiliumNetworkPolicy',
      'x.io/v1\nkind: Foo',
    ]
    const found = texts.map(
      text => read(`apiVersion: ${text}\nmetadata: {name: a}\n`).objects[0]?.object.metadata.namespace,
    )
    expect(found).toEqual(['default', undefined, undefined, 'default', undefined])
  })

  it('may leave their name to the system', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n'
    expect(read(text).objects[0]?.object.metadata.name).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(read(text).objects[0]?.object.metadata.name).toBe(read(text).objects[0]?.object.metadata.name)
  })
})

describe('warnings', () => {
  it.each([
    [
      'an unknown kind',
      'apiVersion: v1\nkind: Pdo\nmetadata: {name: a}\n',
      'UNKNOWN_KIND',
      'unknown kind Pdo of v1: kept, but nothing here acts on it; did you mean Pod?',
    ],
    [
      'a kind in the wrong group',
      'apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n',
      'UNKNOWN_KIND',
      'Deployment belongs to apps/v1',
    ],
    [
      'an unknown field',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelecter: {}}\n',
      'UNKNOWN_FIELD',
      'spec.podSelecter: NetworkPolicySpec has no field of this name; did you mean podSelector?',
    ],
    [
      'the same object twice',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      'DUPLICATE_OBJECT',
      'ConfigMap default/a is given already at m.yaml:1:1; the later one counts',
    ],
    [
      'a kustomization',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
      'IGNORED_DOCUMENT',
      'run `kustomize build`',
    ],
  ])('tell of %s', (_, text, code, message) => {
    const { warnings } = read(text)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.code).toBe(code)
    expect(warnings[0]?.message).toContain(message)
    expect(warnings[0]?.place?.line).toBeGreaterThan(0)
  })
})
