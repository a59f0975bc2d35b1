import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { quoteString } from '../text/quote.ts'

/** NFACCT_NAME_MAX with its final zero. */
const MAX_NAME = 31

/** `-m nfacct`: always matches. The counter object is taken to exist; its count is that of the rule. */
export const nfacct: MatchExtension = {
  name: 'nfacct',
  options: { 'nfacct-name': { args: 1 } },
  build(options: Options) {
    const name = options.required('nfacct-name')
    if (name === '' || name.length > MAX_NAME) options.fail('nfacct-name', `a name has 1 to ${MAX_NAME} characters`)
    // Two blanks: so it is printed.
    return createMatch('nfacct', `--nfacct-name  ${quoteString(name)}`, () => true)
  },
}
