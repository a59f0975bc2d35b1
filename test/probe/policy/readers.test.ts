import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { parseSelector, readExpectations, readFlows } from '../../../src/probe/policy/index.ts'

/** Either a value, or an error for the user. */
function readable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof KubehopError) return true
    throw error
  }
}

const EXPECTATIONS =
  'expect:\n- allow: {from: app=web, to: [ns/db, external], port: UDP/53}\n  quantifier: any\n  name: x\n'

/** A text with some characters replaced. */
const mutated = (text: string) =>
  fc
    .array(fc.tuple(fc.nat(text.length - 1), fc.string({ maxLength: 3 })), { maxLength: 6 })
    .map(edits => edits.reduce((before, [at, piece]) => before.slice(0, at) + piece + before.slice(at + 1), text))

describe('what users write', () => {
  test.each([
    [
      'app=web,tier!=db',
      [
        { key: 'app', operator: 'In', values: ['web'] },
        { key: 'tier', operator: 'NotIn', values: ['db'] },
      ],
    ],
    ['env in (a, b)', [{ key: 'env', operator: 'In', values: ['a', 'b'] }]],
    [
      'env notin (a),x',
      [
        { key: 'env', operator: 'NotIn', values: ['a'] },
        { key: 'x', operator: 'Exists' },
      ],
    ],
    ['!x', [{ key: 'x', operator: 'DoesNotExist' }]],
    ['example.com/name==v', [{ key: 'example.com/name', operator: 'In', values: ['v'] }]],
  ])('selector %s', (text, matchExpressions) => {
    expect(parseSelector(text)).toEqual({ matchExpressions })
  })

  test('an expectation has its place, ports and quantifier', () => {
    expect(readExpectations('e.yaml', EXPECTATIONS)).toEqual([
      {
        name: 'x',
        kind: 'allow',
        from: ['app=web'],
        to: ['ns/db', 'external'],
        ports: [{ protocol: 'UDP', port: 53 }],
        quantifier: 'any',
        hypothetical: false,
        place: { file: 'e.yaml', line: 2, column: 3 },
      },
    ])
  })

  test.each([
    ['expect: 3', 'expected a list under `expect:`'],
    ['expect:\n- allow: {from: a=b}', 'allow.to: expected text'],
    ['expect:\n- {allow: {}, deny: {}}', 'exactly one of allow, deny, only'],
    ['expect:\n- deny: {from: a=b, to: c=d, port: 70000}', '70000 is not a port'],
    ['expect:\n- deny: {from: a=b, to: c=d, prot: 7}', 'unknown field prot'],
  ])('%j is refused', (text, message) => {
    expect(() => readExpectations('e.yaml', text)).toThrow(message)
  })

  test('a flow that is none is refused with its line', () => {
    expect(readFlows('f', 'a/b c/d udp/53 # dns\n\nsvc/x y')).toEqual([
      { from: 'a/b', to: 'c/d', protocol: 'UDP', port: 53, line: 1 },
      { from: 'svc/x', to: 'y', protocol: 'TCP', port: undefined, line: 3 },
    ])
    expect(() => readFlows('f', '# x\na/b c/d 99999')).toThrow('f:2')
  })

  test('nothing else than a value or an error for the user comes of any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated(EXPECTATIONS)), text => readable(() => readExpectations('e', text))),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated('a/b c/d tcp/80\n# x')), text => readable(() => readFlows('f', text))),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated('app=web,tier in (a,b),!x')), text =>
        readable(() => parseSelector(text)),
      ),
    )
  })
})
