import type { SvgFile } from './svg-file.ts'

/** Browsers refuse larger canvases. */
const MOST_PIXELS = 8192

/** The picture in pixels, two for each of its own. Rejects when the browser cannot draw it. */
export async function pngFile({ text, width, height }: SvgFile): Promise<Blob> {
  const scale = Math.min(2, MOST_PIXELS / width, MOST_PIXELS / height)
  const image = new Image()
  const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  try {
    image.src = address
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await canvasFile(canvas)
  } finally {
    URL.revokeObjectURL(address)
  }
}

export function canvasFile(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      blob => (blob === null ? reject(new Error('the picture is too large for a PNG')) : resolve(blob)),
      'image/png',
    )
  })
}
