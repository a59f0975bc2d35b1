/** One argument of a line, with the column (from 1) where it begins. */
export interface Word {
  readonly text: string
  readonly column: number
  /** It was written in double quotes, so that it is never an option or `!`. */
  readonly quoted: boolean
}

/**
 * Splits a line as iptables-restore does (add_param_to_argv): space and tab separate; double quotes, which may open inside a
 * word but end it where they close; a backslash takes the next character literally inside quotes only. A quote that is never
 * closed swallows the rest of the line, as in the real tool.
 */
export function splitWords(line: string, from = 0): Word[] {
  const words: Word[] = []
  const end = line.length
  let at = from
  while (at < end) {
    const code = line.charCodeAt(at)
    if (code === 32 || code === 9) {
      at++
      continue
    }
    const start = at
    while (at < end && !isBreak(line.charCodeAt(at))) at++
    if (at >= end || line.charCodeAt(at) !== 34) {
      words.push({ text: line.slice(start, at), column: start + 1, quoted: false })
      continue
    }
    let text = line.slice(start, at)
    at++
    while (at < end && line.charCodeAt(at) !== 34) {
      if (line.charCodeAt(at) === 92 && at + 1 < end) at++
      text += line[at]
      at++
    }
    at++
    words.push({ text, column: start + 1, quoted: true })
  }
  return words
}

/** Space, tab or double quote. */
function isBreak(code: number): boolean {
  return code === 32 || code === 9 || code === 34
}
