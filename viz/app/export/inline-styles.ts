/** What decides how SVG looks; computed by the page's style sheets, which a file does not have. */
const PROPERTIES = [
  'fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'stroke-linecap', 'stroke-linejoin',
  'opacity', 'font-family', 'font-size', 'font-weight', 'font-style', 'text-anchor', 'dominant-baseline', 'text-decoration',
  'letter-spacing', 'paint-order', 'display', 'visibility', 'rx',
] // biome-ignore format: a list of words

/** Copies the computed style of every element onto the same element of the copy. */
export function inlineStyles(original: Element, copy: Element): void {
  const style = getComputedStyle(original)
  if (copy instanceof SVGElement) {
    for (const property of PROPERTIES) {
      const value = style.getPropertyValue(property)
      if (value !== '') copy.style.setProperty(property, value)
    }
    if (style.display === 'none') {
      copy.remove()
      return
    }
  }
  const children = [...copy.children]
  for (const [at, child] of [...original.children].entries()) {
    const other = children[at]
    if (other !== undefined) inlineStyles(child, other)
  }
}
