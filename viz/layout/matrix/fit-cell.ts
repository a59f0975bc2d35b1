/** Largest side of a cell, in pixels, that is comfortable to read. */
const COMFORTABLE = 40

/** The side of a cell, in whole pixels, at which a grid fits into the room, from 1 to 40. */
export function fitCell(rows: number, columns: number, width: number, height: number): number {
  const side = Math.floor(Math.min(width / Math.max(1, columns), height / Math.max(1, rows)))
  return Math.max(1, Math.min(COMFORTABLE, side))
}
