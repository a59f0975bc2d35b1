import { nextInDirection, type Stop } from '../../layout/index.ts'

/**
 * One stop of the Tab key for a whole picture, in which arrow keys move. Things of the picture have `data-stop` with their id and a
 * `tabindex`. Call on `keydown`; returns the id that has the focus now, or undefined when the key meant nothing.
 */
export function rove(
  root: ParentNode,
  event: KeyboardEvent,
  stops: readonly Stop[],
  linked?: (from: string, key: string) => string | undefined,
): string | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined
  const at = event.target instanceof Element ? event.target.closest('[data-stop]')?.getAttribute('data-stop') : null
  if (at === null || at === undefined) return undefined
  const next = linked?.(at, event.key) ?? nextInDirection(stops, at, event.key)
  if (next === undefined) return undefined
  event.preventDefault()
  event.stopPropagation()
  focusStop(root, next)
  return next
}

/** Moves the focus, and the stop of the Tab key with it. */
export function focusStop(root: ParentNode, id: string): void {
  let found: Element | undefined
  for (const element of root.querySelectorAll('[data-stop]')) {
    const is = element.getAttribute('data-stop') === id
    element.setAttribute('tabindex', is ? '0' : '-1')
    if (is) found = element
  }
  if (found instanceof SVGElement || found instanceof HTMLElement) {
    found.focus()
    found.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
}

/** Gives the Tab key a stop when what had it is gone: the given one, else the first. */
export function keepStop(root: ParentNode, wanted?: string): void {
  const all = [...root.querySelectorAll('[data-stop]')]
  if (all.length === 0 || all.some(element => element.getAttribute('tabindex') === '0')) return
  const stop = all.find(element => element.getAttribute('data-stop') === wanted) ?? all[0]
  stop?.setAttribute('tabindex', '0')
}
