const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** Microseconds as nft prints a time, to the millisecond: `3h`, `30m5s`, `59m59s988ms`. */
export function formatTime(microseconds: number): string {
  let left = Math.floor(microseconds / 1000)
  let text = ''
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length)
    if (count > 0) text += `${count}${unit}`
    left -= count * length
  }
  return text === '' ? '0s' : text
}

/** `1h30m`, `60s`, or a bare number of seconds, in microseconds. Undefined where it is no time. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000_000
  const found = /^(?:(\d{1,6})d)?(?:(\d{1,8})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,10})s)?(?:(\d{1,12})ms)?$/.exec(text)
  if (found === null || text === '') return undefined
  return found.slice(1).reduce((sum, count, i) => sum + Number(count ?? 0) * (UNITS[i]?.[1] ?? 0) * 1000, 0)
}
