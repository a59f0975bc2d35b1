const FILLED_IN = ['resourceVersion', 'uid', 'generation', 'creationTimestamp', 'managedFields', 'status']

/** Whether two objects, or parts of them, say the same; what the system fills in does not count. */
export function sameContent(a: unknown, b: unknown): boolean {
  return a === b || strip(a) === strip(b)
}

function strip(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (FILLED_IN.includes(key) ? undefined : inner))
}
