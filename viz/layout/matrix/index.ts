export { SHAPED, type TilePixel, tilePixel } from './cell-tile.ts'
export { countPairs } from './count-pairs.ts'
export { fitCell } from './fit-cell.ts'
export { foldGrid } from './fold-grid.ts'
export {
  type Folds,
  type MatrixBand,
  type MatrixItem,
  type MatrixLine,
  type MatrixLines,
  matrixLines,
} from './matrix-lines.ts'
export {
  type MatrixPalette,
  type MatrixWindow,
  type PixelColour,
  type PixelGrid,
  paintMatrix,
  pixelColour,
} from './paint-matrix.ts'
export { type CellVerdict, type CodeGrid, VERDICT_CODES, VERDICTS } from './verdict-code.ts'
