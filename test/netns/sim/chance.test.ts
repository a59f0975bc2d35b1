import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { SeededChance } from '../../../src/netns/sim/chance.ts'
import { explore } from '../../../src/netns/sim/explore.ts'
import { fraction, ONE, plus, ZERO } from '../../../src/netns/sim/fraction.ts'
import { Random } from '../../../src/netns/sim/random.ts'
import { ScriptedChance } from '../../../src/netns/sim/scripted-chance.ts'

describe('random numbers', () => {
  it('are the same for the same seed and stream on every engine', () => {
    const random = new Random(1, 1)
    expect([random.next(), random.next(), random.next(), random.next()]).toMatchInlineSnapshot(`
      [
        848619078,
        983753430,
        4180048585,
        4114208188,
      ]
    `)
  })

  property.prop([fc.nat(), fc.integer({ min: 1, max: 0x1_0000_0000 })])('stay below n', (seed, n) => {
    const random = new Random(seed)
    for (let i = 0; i < 20; i++) {
      const value = random.below(n)
      expect(Number.isInteger(value) && value >= 0 && value < n).toBe(true)
    }
  })

  it('are spread evenly: chi-square of 16 cells with 64,000 draws', () => {
    const random = new Random(7)
    const cells = new Array<number>(16).fill(0)
    for (let i = 0; i < 64_000; i++) {
      const cell = random.below(16)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const chiSquare = cells.reduce((sum, n) => sum + (n - 4000) ** 2 / 4000, 0)
    // 15 degrees of freedom: 44.3 is the 0.9999 quantile.
    expect(chiSquare).toBeLessThan(44.3)
  })
})

describe('seeded chance', () => {
  it('does not let arbitrary numbers disturb decisions', () => {
    const plain = new SeededChance(3)
    const busy = new SeededChance(3)
    for (let i = 0; i < 50; i++) {
      for (let k = 0; k < i % 3; k++) busy.arbitrary(1000)
      expect(busy.pick('x', 7)).toBe(plain.pick('x', 7))
    }
  })

  it('is certain at weight 0 and at weight 1', () => {
    const chance = new SeededChance(1)
    expect(chance.bernoulli('x', 0, 10)).toBe(false)
    expect(chance.bernoulli('x', 10, 10)).toBe(true)
  })
})

/** kube-proxy's way to choose one of three endpoints: 1/3, then 1/2, then the rest, in 31-bit fixed point. */
function chooseEndpoint(chance: ScriptedChance): number {
  if (chance.bernoulli('endpoint 0', 715827883, 2 ** 31)) return 0
  return chance.bernoulli('endpoint 1', 2 ** 30, 2 ** 31) ? 1 : 2
}

describe('exploring', () => {
  it('enumerates every branch once, with exact weights', () => {
    const { branches, complete } = explore(chooseEndpoint)
    expect(complete).toBe(true)
    expect(branches.map(branch => branch.value)).toEqual([0, 1, 2])
    expect(branches[0]?.probability).toEqual(fraction(715827883n, 2147483648n))
    expect(branches[1]?.probability).toEqual(fraction(1431655765n, 4294967296n))
    expect(branches.map(branch => branch.decisions.map(d => `${d.site}: ${d.label}`))).toEqual([
      ['endpoint 0: true'],
      ['endpoint 0: false', 'endpoint 1: true'],
      ['endpoint 0: false', 'endpoint 1: false'],
    ])
  })

  it('says so when the limit ended it', () => {
    const { branches, complete } = explore(chance => chance.pick('many', 100), 10)
    expect(branches.map(branch => branch.value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(complete).toBe(false)
  })

  interface Tree {
    readonly kids: readonly Tree[]
  }
  const tree: fc.Memo<Tree> = fc.memo(depth =>
    depth <= 1 ? fc.constant<Tree>({ kids: [] }) : fc.record({ kids: fc.array(tree(depth - 1), { maxLength: 3 }) }),
  )

  property.prop([tree(4)])('visits every leaf of any decision tree, and the probabilities sum to exactly 1', root => {
    const leaves: Tree[] = []
    const collect = (node: Tree): void => {
      if (node.kids.length === 0) leaves.push(node)
      for (const kid of node.kids) collect(kid)
    }
    collect(root)
    const { branches, complete } = explore(chance => {
      let node = root
      while (node.kids.length > 0) node = node.kids[chance.pick('kid', node.kids.length)] ?? node
      return node
    }, 100_000)
    expect(complete).toBe(true)
    expect(branches.map(branch => branch.value)).toEqual(leaves)
    expect(branches.reduce((sum, branch) => plus(sum, branch.probability), ZERO)).toEqual(ONE)
  })

  property.prop([fc.array(fc.nat(9), { maxLength: 8 })])('replays the choices of a prefix', prefix => {
    const chance = new ScriptedChance(prefix)
    expect(prefix.map(() => chance.pick('x', 10))).toEqual(prefix)
    expect(chance.pick('x', 10)).toBe(0)
    expect(chance.probability).toEqual(fraction(1n, 10n ** BigInt(prefix.length + 1)))
  })
})
