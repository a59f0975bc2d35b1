/** How text is drawn: words always say it, symbols and colours only help. */
export interface Style {
  /** Box drawing and symbols; otherwise ASCII. */
  readonly unicode: boolean
  readonly color: boolean
}

export const PLAIN: Style = { unicode: false, color: false }

const ASCII: Readonly<Record<string, string>> = {
  '→': '->',
  '←': '<-',
  '✔': '[ok]',
  '✘': '[no]',
  '◀': '<',
  '●': '*',
  '├': '|',
  '─': '-',
  '└': '`-',
  '⇒': '=>',
  '·': '|',
  '│': '|',
  '┊': ':',
  '’': "'",
  '⇄': '<=>',
  '…': '...',
  '≈': '~',
}

/** The text with every symbol in a form that the style allows. */
export function symbols(text: string, style: Style): string {
  return style.unicode ? text : text.replace(/[→←✔✘◀●├─└⇒·│┊⇄…≈’]/g, symbol => ASCII[symbol] ?? symbol)
}

const CODES = { bold: [1, 22], dim: [2, 22], green: [32, 39], red: [31, 39], yellow: [33, 39], cyan: [36, 39] } as const

export function paint(text: string, how: keyof typeof CODES, style: Style): string {
  if (!style.color || text === '') return text
  const [on, off] = CODES[how]
  return `\u001b[${on}m${text}\u001b[${off}m`
}
