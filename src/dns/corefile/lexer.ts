import { KubehopError } from '../../errors.ts'

/** A word of a Corefile and where it stands. Lines count from 1. */
export interface Token {
  readonly text: string
  readonly file: string
  readonly line: number
}

/** Tokens of one file at most. */
const MAX_TOKENS = 100_000

/**
 * Splits a Corefile into tokens (caddyfile/lexer.go): blanks separate, `"…"` groups (with `\"` inside), `#` at the start of a
 * token comments the rest of the line. `{$NAME}` and `{%NAME%}` become the environment's value, or nothing.
 */
export function lexCorefile(text: string, file: string, env: Readonly<Record<string, string>>): Token[] {
  const tokens: Token[] = []
  let line = 1
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    const c = text[at] ?? ''
    if (c === '\n') {
      line++
      at++
    } else if (/\s/.test(c)) at++
    else if (c === '#') at = endOfLine(text, at)
    else {
      if (tokens.length >= MAX_TOKENS) throw new KubehopError('KH_LIMIT', `${file}: more than ${MAX_TOKENS} words`)
      const from = line
      const quoted = c === '"'
      const [value, end] = quoted ? quotedToken(text, at + 1) : bareToken(text, at)
      for (let i = at; i < end; i++) if (text[i] === '\n') line++
      tokens.push({ text: replaceEnvironment(value, env), file, line: from })
      at = end
    }
  }
  return tokens
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function bareToken(text: string, at: number): [value: string, end: number] {
  let end = at
  while (end < text.length && !/\s/.test(text[end] ?? ' ')) end++
  return [text.slice(at, end), end]
}

/** An open quote takes the rest of the file. */
function quotedToken(text: string, at: number): [value: string, end: number] {
  let value = ''
  for (let i = at; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === '"') {
      value += '"'
      i++
    } else if (text[i] === '"') return [value, i + 1]
    else value += text[i]
  }
  return [value, text.length]
}

function replaceEnvironment(text: string, env: Readonly<Record<string, string>>): string {
  if (!text.includes('{')) return text
  const value = (name: string): string => (Object.hasOwn(env, name) ? (env[name] ?? '') : '')
  return text
    .replace(/\{\$([^{}\s]+)\}/g, (_, name) => value(name))
    .replace(/\{%([^{}%\s]+)%\}/g, (_, name) => value(name))
}
