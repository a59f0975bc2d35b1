import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { matchImportPattern } from '../../../src/dns/corefile/import-pattern.ts'
import { KubehopError } from '../../../src/errors.ts'

const files = ['conf/a.server', 'conf/b.server', 'conf/deep/c.server', 'conf/a.override', 'x*y', 'xzy']
const match = (text: string) => matchImportPattern({ text, file: 'Corefile', line: 3 }, files)

describe('the pattern of an import', () => {
  it.each([
    ['conf/*.server', ['conf/a.server', 'conf/b.server']],
    ['conf/?.server', ['conf/a.server', 'conf/b.server']],
    ['conf/*', ['conf/a.override', 'conf/a.server', 'conf/b.server']],
    ['*', ['x*y', 'xzy']],
    ['conf/?.*', ['conf/a.override', 'conf/a.server', 'conf/b.server']],
    ['x\\*y', ['x*y']],
    ['nothing/*', []],
  ])('%s', (pattern, expected) => {
    expect(match(pattern)).toEqual(expected)
  })

  it.each([
    ['a/*/b*', /Glob pattern may only contain one wildcard \(\*\), but has others: a\/\*\/b\*/],
    ['[ab]', /Glob pattern may only contain one wildcard/],
    ['[', /Failed to use import pattern \[: syntax error in pattern/],
    ['*\\', /syntax error in pattern/],
  ])('%s is refused', (pattern, message) => {
    expect(() => match(pattern)).toThrow(message)
  })

  property.prop([fc.string({ unit: fc.constantFrom('*', '?', '[', ']', '\\', '/', 'a', '(', '+', '$') })])(
    'whatever it is, it names files or is refused',
    pattern => {
      try {
        match(pattern)
      } catch (error) {
        if (!(error instanceof KubehopError)) throw error
      }
    },
  )
})
