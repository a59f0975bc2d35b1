import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, printableJson, printableLines } from '../../src/report/index.ts'

/** Characters by which a terminal can be told to do something, or text made to look like another. */
const isDangerous = (text: string): boolean =>
  [...text].some(character => {
    const code = character.charCodeAt(0)
    return (
      code < 0x20 ||
      (code >= 0x7f && code <= 0x9f) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069)
    )
  })

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001b', '\u009b', '\r', '\u0007', '\u202e', '\n', '\t', 'a'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
})

describe('what is printed', () => {
  it('has no control characters, and is otherwise the text', () => {
    fc.assert(
      fc.property(nasty, text => {
        expect(isDangerous(printable(text))).toBe(false)
        expect(printable(text)).toHaveLength(text.length)
        expect(printable(printable(text))).toBe(printable(text))
      }),
    )
  })

  it('keeps line breaks and tabs of longer texts', () => {
    expect(printableLines('0:\tfrom all\n\u001b[31mred\n')).toBe('0:\tfrom all\n?[31mred\n')
    fc.assert(
      fc.property(nasty, text => {
        expect(isDangerous(printableLines(text).replaceAll(/[\n\t]/g, ''))).toBe(false)
      }),
    )
  })

  it('escapes them in JSON, which reads back the same', () => {
    fc.assert(
      fc.property(fc.record({ name: nasty, list: fc.array(nasty) }), value => {
        const text = printableJson(value)
        expect(isDangerous(text.replaceAll('\n', ''))).toBe(false)
        expect(JSON.parse(text)).toEqual(value)
      }),
    )
  })
})
