import type { Device } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import type { Words } from './words.ts'

/** The device that the next word names. */
export function deviceWord(words: Words, ns: Namespace): Device {
  const name = words.take()
  const dev = ns.device(name)
  if (dev === undefined) throw words.error(`Cannot find device ${JSON.stringify(name)} in namespace ${ns.name}`)
  return dev
}
