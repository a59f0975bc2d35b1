import { type Mac, parseMac } from '../../wire/mac.ts'

/** A MAC address, undefined where the text is none. */
export function tryParseMac(text: string): Mac | undefined {
  return /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text) ? parseMac(text) : undefined
}
