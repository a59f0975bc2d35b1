const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go writes it: `5s`, `1m30s`, `500ms`, `0`. Undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^-?(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(count) * (UNITS[unit ?? 's'] ?? 1)
  return text.startsWith('-') ? -sum : sum
}
