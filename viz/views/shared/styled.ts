import { noChange } from 'lit'
import { Directive, directive, type ElementPart } from 'lit/directive.js'

class Styled extends Directive {
  override render(_styles: Readonly<Record<string, string>>): typeof noChange {
    return noChange
  }

  override update(part: ElementPart, [styles]: [Readonly<Record<string, string>>]): typeof noChange {
    if (!(part.element instanceof HTMLElement)) return noChange
    for (const [name, value] of Object.entries(styles)) part.element.style.setProperty(name, value)
    return noChange
  }
}

/**
 * Places an element: `html\`<div ${styled({ left: '4px' })}>\``. Property by property, since the page's policy refuses style attributes, which
 * lit's own `styleMap` begins with. Names as in CSS; give the same ones every time.
 */
export const styled = directive(Styled)
