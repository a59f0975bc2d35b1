import { describe, expect, test } from 'vitest'
import { Dispenser } from '../../../src/dns/corefile/dispenser.ts'
import { regularExpression } from '../../../src/dns/plugins/regular-expression.ts'
import { KubehopError } from '../../../src/errors.ts'

const nothing = new Dispenser([])
const compile = (pattern: string) => regularExpression(pattern, nothing, go => go)

describe('regular expressions of a Corefile', () => {
  // RE2 syntax: https://github.com/google/re2/wiki/Syntax
  test.each([
    ['(a+)+$', 'aaa', 'aaa'],
    ['((a*)*)*b', 'aab', 'aab'],
    ['(?i)WEB', 'my-web.', 'web'],
    ['(?i:w)eb', 'Web.', 'Web'],
    ['[[:alpha:]]+', '10-web', 'web'],
    ['\\Aweb\\z', 'web', 'web'],
    ['(?:x|xy)z', 'xyz', 'xyz'],
    ['x*', 'y', ''],
    ['a{2,3}?', 'aaaa', 'aa'],
    ['\\Qa.b\\E', 'a.b', 'a.b'],
  ])('%s finds in %s what Go finds', (pattern, text, found) => {
    expect(compile(pattern).match(text)?.(0)).toBe(found)
  })

  test('groups are known by number and by name; one that took no part is empty', () => {
    const groups = compile('^(?P<a>x+)(?<b>y)(z)?').match('xxy')
    expect([0, 1, 2, 3, 4, 'a', 'b', 'c'].map(which => groups?.(which))).toEqual([
      'xxy',
      'xx',
      'y',
      '',
      '',
      'xx',
      'y',
      '',
    ])
  })

  // Would take 2^250 steps where a pattern is tried out by going back.
  test.each(['(a+)+$', '^(a|a)*$', '(.*)*x', '([a-z]+)*\\.$'])(
    '%s does not run for ever on a name of 250 characters',
    pattern => {
      expect(compile(pattern).match(`${'a'.repeat(250)}-`)).toBeUndefined()
    },
  )

  // Words of Go's regexp/syntax.
  test.each([
    ['(a', 'error parsing regexp: missing closing ): `(a`'],
    [')', 'error parsing regexp: unexpected ): `)`'],
    ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['*a', 'error parsing regexp: missing argument to repetition operator: `*`'],
    ['[z-a]', 'error parsing regexp: invalid character class range: `z-a`'],
    ['a{2000}', 'error parsing regexp: invalid repeat count: `{2000}`'],
    ['\\8', 'error parsing regexp: invalid escape sequence: `\\8`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ])('%s is refused with: %s', (pattern, words) => {
    const error = caught(() => compile(pattern))
    expect(error.code).toBe('KH_COREFILE')
    expect(error.text).toBe(`Corefile:1 - Error during parsing: ${words}`)
  })

  test('a pattern that is too long is not compiled', () => {
    expect(caught(() => compile('a'.repeat(10_001))).text).toContain('regex pattern too long: 10001 > 10000')
  })
})

function caught(run: () => unknown): KubehopError {
  try {
    run()
  } catch (error) {
    if (error instanceof KubehopError) return error
  }
  throw new Error('nothing was refused')
}
