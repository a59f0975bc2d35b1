import type { RouteChange } from './route.ts'

/** Asks the shell for another route. Crosses shadow roots. */
export function navigate(from: EventTarget, change: RouteChange): void {
  from.dispatchEvent(new CustomEvent('kh-navigate', { detail: change, bubbles: true, composed: true }))
}

/** Has the shell's live region say one line: what somebody sees who looks at the picture. */
export function announce(from: EventTarget, text: string): void {
  from.dispatchEvent(new CustomEvent('kh-announce', { detail: text, bubbles: true, composed: true }))
}
