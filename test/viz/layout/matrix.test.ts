import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CodeGrid,
  countPairs,
  fitCell,
  foldGrid,
  type MatrixItem,
  matrixLines,
  type PixelGrid,
  paintMatrix,
  pixelColour,
  SHAPED,
  tilePixel,
  VERDICT_CODES,
  VERDICTS,
} from '../../../viz/layout/index.ts'

const item = (namespace: string, workload: string, name: string): MatrixItem => ({
  namespace,
  workload: namespace === '' ? workload : `${namespace}/${workload}`,
  name: namespace === '' ? name : `${namespace}/${name}`,
})
const ITEMS = [
  item('', 'external', 'external'),
  item('shop', 'deploy/web', 'web-b'),
  item('default', 'pod/client', 'client'),
  item('shop', 'deploy/web', 'web-a'),
  item('shop', 'sts/db', 'db-0'),
]
const items = fc.array(
  fc
    .record({ namespace: fc.constantFrom('', 'a', 'b', 'c'), workload: fc.nat(2), pod: fc.nat(99) })
    .map(one => item(one.namespace, `deploy/w${one.workload}`, `p${one.pod}`)),
  { maxLength: 25 },
)
const folds = fc.subarray(['ns:a', 'ns:b', 'wl:c/deploy/w0', 'wl:b/deploy/w1', 'ns:']).map(list => new Set(list))

describe('rows and columns of the matrix', () => {
  it('are in the order of namespace, workload and name, with the outside last', () => {
    const { lines, bands } = matrixLines(ITEMS, new Set())
    expect(lines.map(line => line.label)).toEqual(['client', 'web-a', 'web-b', 'db-0', 'external'])
    expect(bands.map(({ namespace, from, count }) => [namespace, from, count])).toEqual([
      ['default', 0, 1],
      ['shop', 1, 3],
      ['', 4, 1],
    ])
  })

  it('are one line for a folded workload, and one for a folded namespace', () => {
    const workload = matrixLines(ITEMS, new Set(['wl:shop/deploy/web']))
    expect(workload.lines.map(line => line.label)).toEqual(['client', 'deploy/web', 'db-0', 'external'])
    const namespace = matrixLines(ITEMS, new Set(['ns:shop', 'wl:shop/deploy/web']))
    expect(namespace.lines.map(line => [line.label, line.members.length])).toEqual([
      ['client', 1],
      ['shop', 3],
      ['external', 1],
    ])
  })

  it('have every item once, however they are folded', () => {
    fc.assert(
      fc.property(items, folds, (list, folded) => {
        const { lines, bands } = matrixLines(list, folded)
        const members = lines.flatMap(line => line.members).sort((a, b) => a - b)
        expect(members).toEqual(list.map((_, i) => i))
        expect(bands.reduce((sum, band) => sum + band.count, 0)).toBe(lines.length)
      }),
    )
  })

  it('do not depend on the order in which the items are told', () => {
    fc.assert(
      fc.property(items, folds, (list, folded) => {
        const keys = (some: readonly MatrixItem[]) => matrixLines(some, folded).lines.map(line => line.key)
        expect(keys(list.toReversed())).toEqual(keys(list))
      }),
    )
  })
})

const { self, allowed, denied, some, gained, lost } = VERDICT_CODES

describe('a folded cell', () => {
  it.each([
    { pairs: [allowed, allowed], verdict: allowed },
    { pairs: [denied, denied], verdict: denied },
    { pairs: [allowed, denied], verdict: some },
    { pairs: [allowed, some], verdict: some },
    { pairs: [self, denied], verdict: denied },
    { pairs: [self, self], verdict: self },
    { pairs: [allowed, gained], verdict: gained },
    { pairs: [denied, lost], verdict: lost },
    { pairs: [gained, lost], verdict: some },
  ])('of $pairs is $verdict', ({ pairs, verdict }) => {
    const grid = { rows: 1, columns: pairs.length, codes: Uint8Array.from(pairs) }
    const line = { key: '', label: '', kind: 'namespace' as const, namespace: '' }
    const folded = foldGrid(grid, [{ ...line, members: [0] }], [{ ...line, members: pairs.map((_, i) => i) }])
    expect([...folded.codes]).toEqual([verdict])
  })

  it('says what the naive count of its pairs says', () => {
    fc.assert(
      fc.property(items, folds, fc.infiniteStream(fc.nat(3)), (list, folded, stream) => {
        const codes = Uint8Array.from({ length: list.length ** 2 }, () => stream.next().value ?? 0)
        const grid: CodeGrid = { rows: list.length, columns: list.length, codes }
        const { lines } = matrixLines(list, folded)
        const result = foldGrid(grid, lines, lines)
        for (const [row, from] of lines.entries()) {
          for (const [column, to] of lines.entries()) {
            const counts = countPairs(grid, from, to)
            const expected =
              counts.some > 0 || (counts.allowed > 0 && counts.denied > 0)
                ? some
                : counts.allowed > 0
                  ? allowed
                  : counts.denied > 0
                    ? denied
                    : self
            expect(result.codes[row * lines.length + column]).toBe(expected)
          }
        }
      }),
    )
  })
})

describe('the painted matrix', () => {
  const colours = (first: number) =>
    Object.fromEntries(VERDICTS.map((verdict, i) => [verdict, pixelColour(first, i, 7)])) as Record<
      (typeof VERDICTS)[number],
      number
    >
  const palette = { line: pixelColour(1, 2, 3), ground: colours(10), mark: colours(20) }
  const paint = (
    grid: CodeGrid,
    width: number,
    height: number,
    window: { row: number; column: number; cell: number },
  ) => {
    const target: PixelGrid = { width, height, pixels: new Uint32Array(width * height) }
    paintMatrix(target, grid, window, palette)
    return target
  }
  const grid = { rows: 2, columns: 3, codes: Uint8Array.from([self, allowed, denied, denied, some, self]) }

  it('has one pixel for a cell where there is no more room', () => {
    const { pixels } = paint(grid, 3, 2, { row: 0, column: 0, cell: 1 })
    const { ground, mark } = palette
    expect([...pixels]).toEqual([ground.self, mark.allowed, mark.denied, mark.denied, mark.some, ground.self])
  })

  it('starts at the row and column of the window, and leaves what lies outside the grid', () => {
    const { pixels } = paint(grid, 3, 3, { row: 1, column: 1, cell: 1 })
    expect([...pixels]).toEqual([palette.mark.some, palette.ground.self, 0, 0, 0, 0, 0, 0, 0])
  })

  it('paints at every place the pixel of the cell that is there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1),
        fc.nat(2),
        (cell, width, height, row, column) => {
          const { pixels } = paint(grid, width, height, { row, column, cell })
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const [r, c] = [row + Math.floor(y / cell), column + Math.floor(x / cell)]
              const verdict = VERDICTS[grid.codes[r * grid.columns + c] ?? 0] ?? 'self'
              const part = tilePixel(verdict, cell, x % cell, y % cell)
              const small = cell < SHAPED && verdict !== 'self'
              const expected =
                r >= grid.rows || c >= grid.columns
                  ? 0
                  : small
                    ? palette.mark[verdict]
                    : part === 'line'
                      ? palette.line
                      : palette[part][verdict]
              expect(pixels[y * width + x]).toBe(expected)
            }
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('tells verdicts apart without colour', () => {
    for (let size = SHAPED; size <= 30; size++) {
      const shapes = VERDICTS.map(verdict =>
        Array.from({ length: size * size }, (_, i) => tilePixel(verdict, size, i % size, Math.floor(i / size))).join(),
      )
      expect(new Set(shapes).size).toBe(VERDICTS.length)
    }
  })
})

describe('the side of a cell', () => {
  it.each([
    { rows: 10, columns: 10, width: 900, height: 900, cell: 40 },
    { rows: 100, columns: 10, width: 400, height: 400, cell: 4 },
    { rows: 2000, columns: 2000, width: 800, height: 600, cell: 1 },
    { rows: 0, columns: 0, width: 800, height: 600, cell: 40 },
  ])('of $rows × $columns cells in $width × $height pixels is $cell', ({ rows, columns, width, height, cell }) => {
    expect(fitCell(rows, columns, width, height)).toBe(cell)
  })
})
