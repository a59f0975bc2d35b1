import { inlineStyles } from './inline-styles.ts'

const SVG = 'http://www.w3.org/2000/svg'

export interface SvgFile {
  readonly text: string
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/**
 * A picture as a file of its own: styles inlined, with title and description, without the zoom of the page. `data-extent="x y width height"`
 * says what the whole picture is; `data-zoom` marks the group that zooming moves.
 */
export function svgFile(picture: SVGSVGElement, title: string, description: string): SvgFile {
  const copy = picture.cloneNode(true) as SVGSVGElement // a clone is what was cloned
  inlineStyles(picture, copy)
  for (const live of copy.querySelectorAll('[data-live]')) live.remove()
  for (const group of copy.querySelectorAll('[data-zoom]')) group.removeAttribute('transform')
  const box = picture.getBoundingClientRect()
  const extent = picture.dataset.extent?.split(' ').map(Number) ?? [0, 0, box.width, box.height]
  const [x = 0, y = 0, width = box.width, height = box.height] = extent
  copy.setAttribute('xmlns', SVG)
  copy.setAttribute('viewBox', `${x} ${y} ${width} ${height}`)
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  for (const name of ['style', 'class', 'aria-labelledby', 'tabindex']) copy.removeAttribute(name)
  const ground = document.createElementNS(SVG, 'rect')
  for (const [name, value] of Object.entries({ x, y, width, height })) ground.setAttribute(name, String(value))
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor)
  for (const old of copy.querySelectorAll(':scope > title, :scope > desc')) old.remove()
  copy.prepend(textElement('title', title), textElement('desc', description), ground)
  return {
    text: `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`,
    width,
    height,
  }
}

function textElement(name: string, text: string): SVGElement {
  const element = document.createElementNS(SVG, name)
  element.textContent = text
  return element
}
