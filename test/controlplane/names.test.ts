import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { naturalOrder } from '../../src/controlplane/controllers/index.ts'
import { didYouMean, formatPath, matchesSelector, parsePath, parseQuantity } from '../../src/controlplane/index.ts'
import { editDistance } from '../../src/controlplane/names.ts'

describe('didYouMean', () => {
  it.each([
    ['Pdo', ['Job', 'Pod', 'Node'], 'Pod'],
    ['testwbe', ['testweb', 'client', 'testweb2'], 'testweb'],
    ['WEB', ['api', 'web'], 'web'],
    ['zzzz', ['web', 'api'], undefined],
    ['web', [], undefined],
    ['wex', ['wea', 'web'], 'wea'],
  ])('%s among %o is %s', (name, candidates, expected) => {
    expect(didYouMean(name, candidates)).toBe(expected)
  })

  test.prop([fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })])(
    'edit distance is symmetric, and zero for equals only',
    (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, b) === 0).toBe(a === b)
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    },
  )
})

describe('paths', () => {
  it.each([
    [['spec', 'containers', 0, 'ports', 1, 'name'], 'spec.containers[0].ports[1].name'],
    [['metadata', 'labels', 'example.com/x'], 'metadata.labels[example.com/x]'],
  ])('%o is %s', (path, text) => {
    expect(formatPath(path)).toBe(text)
    expect(parsePath(text)).toEqual(path)
  })
})

describe('quantities', () => {
  it.each([
    ['100m', 0.1],
    ['2', 2],
    [3, 3],
    ['64Mi', 64 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1e3', 1000],
    ['5k', 5000],
    ['x', undefined],
    ['1Q', undefined],
    [undefined, undefined],
  ])('%s is %s', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected)
  })
})

describe('selectors', () => {
  const labels = { app: 'web', tier: 'front' }
  it.each([
    [undefined, false],
    [{}, true],
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'db' } }, false],
    [{ matchLabels: { constructor: 'x' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, true],
    [{ matchExpressions: [{ key: 'nope', operator: 'In', values: ['x'] }] }, false],
    [{ matchExpressions: [{ key: 'nope', operator: 'NotIn', values: ['x'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  ] as const)('%o: %s', (selector, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected)
  })
})

describe('naturalOrder', () => {
  it('puts worker-10 behind worker-9', () => {
    expect(['worker-10', 'a', 'worker-9', 'worker', 'worker-01'].sort(naturalOrder)).toEqual([
      'a',
      'worker',
      'worker-01',
      'worker-9',
      'worker-10',
    ])
  })
})
