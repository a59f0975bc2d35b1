import { type CellVerdict, type MatrixPalette, type PixelColour, pixelColour, VERDICTS } from '../../layout/index.ts'

/** Which of the page's colours a verdict has: the mark, and the ground below it. */
const TOKENS: Readonly<Record<CellVerdict, readonly [mark: string, ground: string]>> = {
  allowed: ['--ok', '--ok-wash'],
  denied: ['--no', '--no-wash'],
  some: ['--some', '--some-wash'],
  self: ['--line-strong', '--raised'],
  gained: ['--ok', '--select'],
  lost: ['--no', '--select'],
}

/** The colours of the page as it is shown now, for pixels. */
export function matrixPalette(element: Element): MatrixPalette {
  const style = getComputedStyle(element)
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const colour = (token: string): PixelColour => {
    if (context === null) return pixelColour(128, 128, 128)
    context.fillStyle = style.getPropertyValue(token).trim() || '#808080'
    context.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data
    return pixelColour(red, green, blue)
  }
  const all = (part: 0 | 1): Record<CellVerdict, PixelColour> =>
    // One entry for each verdict.
    Object.fromEntries(VERDICTS.map(verdict => [verdict, colour(TOKENS[verdict][part])])) as Record<
      CellVerdict,
      PixelColour
    >
  return { line: colour('--ground'), mark: all(0), ground: all(1) }
}
