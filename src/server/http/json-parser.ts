import type { FastifyInstance } from 'fastify'
import { KubehopError } from '../../errors.ts'

/** Deeper than any input of an operation; JSON.parse itself gives up with an overflow of the stack. */
const MAX_DEPTH = 64

/** Reads JSON bodies, no other ones. Refuses what is nested too deeply and keys that reach for prototypes. */
export function addJsonParser(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    if (isTooDeep(text)) done(new KubehopError('KH_LIMIT', `the JSON is nested deeper than ${MAX_DEPTH}`))
    else parse(request, text, done)
  })
}

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === '[' || character === '{') {
      if (++depth > MAX_DEPTH) return true
    } else if (character === ']' || character === '}') depth--
  }
  return false
}

/** The closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
