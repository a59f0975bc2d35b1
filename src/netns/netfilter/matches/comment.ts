import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { quoteString } from '../text/quote.ts'

/** XT_MAX_COMMENT_LEN, with its final zero. */
const MAX_LENGTH = 255

/** `-m comment`: always matches. */
export const comment: MatchExtension = {
  name: 'comment',
  options: { comment: { args: 1 } },
  build(options: Options) {
    const text = options.required('comment')
    if (new TextEncoder().encode(text).length > MAX_LENGTH) {
      options.fail('comment', `a comment has at most ${MAX_LENGTH} bytes`)
    }
    return createMatch('comment', `--comment ${quoteString(text)}`, () => true, { comment: text })
  },
}
