import type { Style } from '../report/index.ts'

/** Symbols and colours only on a terminal that wants them (NO_COLOR, no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }, color: boolean): Style {
  const tty = stream.isTTY === true
  const wanted = tty && color && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
  return { unicode: wanted || process.env.KUBEHOP_UNICODE === '1', color: wanted }
}
