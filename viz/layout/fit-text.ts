/** East Asian wide and fullwidth letters, and pictographs: as wide as two others (Unicode TR 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** Width of a text in letters of a fixed-width font. */
export function textColumns(text: string): number {
  let columns = 0
  for (const letter of text) columns += WIDE.test(letter) ? 2 : 1
  return columns
}

/** The text, cut with `…` where it is longer than so many letters; `middle` keeps both ends, as names want it that differ at the end. */
export function fitText(text: string, columns: number, cut: 'end' | 'middle' = 'end'): string {
  if (textColumns(text) <= columns) return text
  if (columns < 1) return ''
  const letters = [...text]
  const tail = cut === 'middle' ? takeWithin(letters.slice().reverse(), Math.floor((columns - 1) / 2)).reverse() : []
  const head = takeWithin(letters, columns - 1 - textColumns(tail.join('')))
  return `${head.join('')}…${tail.join('')}`
}

function takeWithin(letters: readonly string[], columns: number): string[] {
  const taken: string[] = []
  let left = columns
  for (const letter of letters) {
    left -= textColumns(letter)
    if (left < 0) break
    taken.push(letter)
  }
  return taken
}
