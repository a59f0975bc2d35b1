import { SHAPED, tilePixel } from './cell-tile.ts'
import { type CellVerdict, type CodeGrid, VERDICTS } from './verdict-code.ts'

/** A colour as a pixel of an ImageData seen through a Uint32Array (little endian: alpha, blue, green, red). */
export type PixelColour = number

export interface MatrixPalette {
  readonly line: PixelColour
  readonly ground: Readonly<Record<CellVerdict, PixelColour>>
  readonly mark: Readonly<Record<CellVerdict, PixelColour>>
}

export interface PixelGrid {
  readonly width: number
  readonly height: number
  readonly pixels: Uint32Array
}

/** Which part of the grid is seen: its first row and column, and the side of a cell in pixels. */
export interface MatrixWindow {
  readonly row: number
  readonly column: number
  readonly cell: number
}

/** From red, green and blue, 0–255. */
export function pixelColour(red: number, green: number, blue: number): PixelColour {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

/** Paints the part of the grid that the window shows into the pixels; what no cell covers stays as it is. */
export function paintMatrix(target: PixelGrid, grid: CodeGrid, window: MatrixWindow, palette: MatrixPalette): void {
  const { cell } = window
  const columns = Math.max(0, Math.min(grid.columns - window.column, Math.ceil(target.width / cell)))
  const rows = Math.max(0, Math.min(grid.rows - window.row, Math.ceil(target.height / cell)))
  const tiles = tilesOf(cell, palette)
  if (cell === 1) {
    paintPixels(target, grid, window, rows, columns, tiles)
    return
  }
  const line = new Uint32Array(columns * cell)
  const width = Math.min(line.length, target.width)
  for (let row = 0; row < rows; row++) {
    const first = (window.row + row) * grid.columns + window.column
    for (let y = 0; y < cell && row * cell + y < target.height; y++) {
      for (let column = 0; column < columns; column++) {
        const tile = tiles[grid.codes[first + column] ?? 0]
        if (tile === undefined) continue
        for (let x = 0; x < cell; x++) line[column * cell + x] = tile[y * cell + x] ?? 0
      }
      target.pixels.set(line.subarray(0, width), (row * cell + y) * target.width)
    }
  }
}

/** One pixel for each cell: the only thing that is done for millions of them. */
function paintPixels(
  { pixels, width }: PixelGrid,
  grid: CodeGrid,
  window: MatrixWindow,
  rows: number,
  columns: number,
  tiles: readonly Uint32Array[],
): void {
  const colours = Uint32Array.from(tiles, tile => tile[0] ?? 0)
  for (let row = 0; row < rows; row++) {
    const from = (window.row + row) * grid.columns + window.column
    const to = row * width
    for (let column = 0; column < columns; column++) pixels[to + column] = colours[grid.codes[from + column] ?? 0] ?? 0
  }
}

function tilesOf(size: number, palette: MatrixPalette): readonly Uint32Array[] {
  return VERDICTS.map(verdict => {
    // Too small for a shape, a cell is one colour: the one by which its shape would be known.
    const colours = { line: palette.line, mark: palette.mark[verdict], ground: palette.ground[verdict] }
    if (size < SHAPED) return new Uint32Array(size * size).fill(verdict === 'self' ? colours.ground : colours.mark)
    return Uint32Array.from({ length: size * size }, (_, i) => {
      return colours[tilePixel(verdict, size, i % size, Math.floor(i / size))]
    })
  })
}
