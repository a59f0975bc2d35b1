import type { Place } from '../../../errors.ts'
import type { Addr } from '../../../wire/addr.ts'
import { MAC_ZERO, type Mac, parseMac } from '../../../wire/mac.ts'
import type { Device } from '../../model/device.ts'
import type { Namespace, NeighbourState } from '../../model/namespace.ts'
import { deviceWord } from './device-word.ts'
import { Words } from './words.ts'

/** A neighbour line that was read. */
export interface ParsedNeighbour {
  readonly addr: Addr
  readonly dev: Device
  readonly mac: Mac
  readonly state: NeighbourState
}

const STATES: ReadonlySet<string> = new Set<NeighbourState>([
  'INCOMPLETE',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'PERMANENT',
  'NOARP',
])

/** Reads a line as `ip neigh add` takes it or `ip neigh show` prints it. Throws KH_ROUTE with the column. */
export function parseNeighbour(ns: Namespace, line: string, place: Place): ParsedNeighbour {
  const words = new Words(line, place)
  words.takeIf('to')
  const addr = words.address()
  let dev: Device | undefined
  let mac: Mac | undefined
  let state: NeighbourState | undefined
  while (!words.done) {
    const word = words.take()
    switch (word) {
      case 'dev':
        dev = deviceWord(words, ns)
        break
      case 'lladdr':
        mac = macWord(words)
        break
      case 'nud':
        state = stateOf(words.take())
        if (state === undefined) throw words.error('nud state is bad')
        break
      case 'router':
      case 'extern_learn':
      case 'offload':
      case 'managed':
      case 'extern_valid':
        break
      case 'proxy':
        throw words.error('proxy entries of ip neigh are not simulated')
      case 'protocol':
      case 'proto':
      case 'probes':
        words.take()
        break
      case 'used':
      case 'ref':
        words.take()
        break
      default: {
        const printed = STATES.has(word) ? stateOf(word) : undefined
        if (printed === undefined)
          throw words.error(`either "to" is duplicate, or ${JSON.stringify(word)} is a garbage.`)
        state = printed
      }
    }
  }
  if (dev === undefined) throw words.error('Device and destination are required arguments.')
  state ??= 'PERMANENT'
  if (mac === undefined && state !== 'INCOMPLETE' && state !== 'FAILED' && state !== 'NOARP') {
    throw words.error('No link layer address given.')
  }
  return { addr, dev, mac: mac ?? MAC_ZERO, state }
}

function stateOf(word: string): NeighbourState | undefined {
  const name = word.toUpperCase()
  return STATES.has(name) ? (name as NeighbourState) : undefined
}

/** A MAC address; other link-layer addresses are refused. */
export function macWord(words: Words, message = 'is invalid lladdr.'): Mac {
  const word = words.take()
  if (!/^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(word)) throw words.error(`${JSON.stringify(word)} ${message}`)
  return parseMac(word)
}
