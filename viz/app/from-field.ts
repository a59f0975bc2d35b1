const FIELDS = new Set(['INPUT', 'SELECT', 'TEXTAREA'])

/** Whether a key was pressed in a field or an editor, where letters are letters. */
export function fromField(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement && (target.type === 'range' || target.type === 'checkbox')) return false
  return FIELDS.has(target.tagName) || target.isContentEditable
}
