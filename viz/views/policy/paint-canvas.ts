import { type CodeGrid, type MatrixPalette, type MatrixWindow, paintMatrix } from '../../layout/index.ts'

/** Paints a part of a grid into a canvas of that size in pixels. */
export function paintCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  grid: CodeGrid,
  window: MatrixWindow,
  palette: MatrixPalette,
): void {
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const context = canvas.getContext('2d')
  if (context === null || width === 0 || height === 0) return
  const image = context.createImageData(width, height)
  paintMatrix({ width, height, pixels: new Uint32Array(image.data.buffer) }, grid, window, palette)
  context.putImageData(image, 0, 0)
}
