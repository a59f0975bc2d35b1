import type { CellVerdict } from './verdict-code.ts'

/** What a pixel of a cell is: the ground, the mark on it, or the line between cells. */
export type TilePixel = 'ground' | 'mark' | 'line'

/** From this size on, in pixels, a cell has a shape of its own for each verdict and a line around it. */
export const SHAPED = 6

/**
 * One pixel of the picture of a verdict, in a cell of `size` × `size` pixels. Shapes differ without colour: allowed is full, denied a
 * cross, some a triangle, itself a dot, gained a plus, lost a minus. Below {@link SHAPED} there is only the ground.
 */
export function tilePixel(verdict: CellVerdict, size: number, x: number, y: number): TilePixel {
  if (size < SHAPED) return 'ground'
  if (x === size - 1 || y === size - 1) return 'line'
  return isMark(verdict, size - 1, x, y) ? 'mark' : 'ground'
}

function isMark(verdict: CellVerdict, side: number, x: number, y: number): boolean {
  const thick = side >= 14 ? 2 : 1
  const edge = Math.max(1, Math.round(side * 0.22))
  const within = x >= edge && x < side - edge && y >= edge && y < side - edge
  const middle = (side - 1) / 2
  const [dx, dy] = [Math.abs(x - middle), Math.abs(y - middle)]
  switch (verdict) {
    case 'allowed':
      return true
    case 'denied':
      return within && (Math.abs(x - y) < thick || Math.abs(x + y - (side - 1)) < thick)
    case 'some':
      return x + y < side - 1
    case 'self':
      return dx <= thick / 2 && dy <= thick / 2
    case 'gained':
      return within && (dx <= thick / 2 || dy <= thick / 2)
    case 'lost':
      return within && dy <= thick / 2
  }
}
