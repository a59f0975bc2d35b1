import type { Place } from '../../../errors.ts'
import { type Addr, isV6 } from '../../../wire/addr.ts'
import { mask32, tryParseCidr } from '../../../wire/prefix.ts'
import type { Device, Scope } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import { type AddressOptions, broadcastOf } from '../address.ts'
import type { RoutePart } from '../route-refused.ts'
import { deviceWord } from './device-word.ts'
import { scopeWord } from './names.ts'
import { Words } from './words.ts'

/** An address line that was read. */
export interface ParsedAddress {
  readonly dev: Device
  /** ADDRESS/LENGTH. */
  readonly cidr: string
  readonly options: AddressOptions
  readonly columns: ReadonlyMap<RoutePart, number>
}

/** Words that carry nothing for packets. */
const FLAGS: ReadonlySet<string> = new Set([
  'secondary',
  'temporary',
  'dynamic',
  'permanent',
  'tentative',
  'dadfailed',
  'deprecated',
  'nodad',
  'home',
  'optimistic',
  'mngtmpaddr',
  'autojoin',
  'stable-privacy',
])

/**
 * Reads a line as `ip addr add` takes it (`10.244.1.1/24 brd + dev cni0`) or an `inet` line of `ip addr show`; `dev` is the
 * device whose lines are being read. Throws KH_ROUTE with the column.
 */
export function parseAddress(ns: Namespace, line: string, place: Place, dev?: Device): ParsedAddress {
  const words = new Words(line, place)
  const columns = new Map<RoutePart, number>()
  const printed = words.takeIf('inet', 'inet6')
  words.takeIf('local')
  const word = words.take()
  columns.set('dst', words.column)
  const cidr = tryParseCidr(word)
  if (cidr === undefined) throw words.error(`any valid prefix is expected rather than ${JSON.stringify(word)}.`)
  const { addr } = cidr
  let { length } = cidr
  const family = isV6(addr) ? 6 : 4
  let scope: Scope | undefined
  let peer: Addr | undefined
  let broadcast: Addr | undefined
  let automatic: '+' | '-' | undefined
  let label: string | undefined
  while (!words.done) {
    const option = words.take()
    switch (option) {
      case 'dev':
        dev = deviceWord(words, ns)
        columns.set('dev', words.column)
        break
      case 'peer':
      case 'remote': {
        const text = words.take()
        const other = tryParseCidr(text)
        if (other === undefined || isV6(other.addr) !== isV6(addr)) {
          throw words.error(`inet${family === 6 ? '6' : ''} prefix is expected rather than ${JSON.stringify(text)}.`)
        }
        peer = other.addr
        length = other.length
        break
      }
      case 'brd':
      case 'broadcast':
        columns.set('brd', words.column)
        if (family === 6) throw words.error('IPv6 has no broadcast address')
        if (words.takeIf('+')) automatic = '+'
        else if (words.takeIf('-')) automatic = '-'
        else broadcast = words.address(4)
        break
      case 'scope':
        scope = scopeWord(words)
        columns.set('scope', words.column)
        break
      case 'label':
        label = words.take()
        break
      case 'metric':
      case 'valid_lft':
      case 'preferred_lft':
      case 'proto':
        words.take()
        break
      case 'noprefixroute':
        throw words.error('"noprefixroute" is not simulated: the connected route is always made')
      default:
        if (FLAGS.has(option)) break
        // `ip addr show` ends an IPv4 line with the label, bare.
        if (printed && family === 4 && words.done && label === undefined) label = option
        else throw words.error(`either "local" is duplicate, or ${JSON.stringify(option)} is a garbage.`)
    }
  }
  if (dev === undefined) throw words.error('Not enough information: "dev" argument is required.')
  if (automatic === '+') broadcast = broadcastOf(addr, length)
  if (automatic === '-') broadcast = length >= 31 ? undefined : (((addr & mask32(length)) >>> 0) as Addr)
  const options: AddressOptions = {
    ...(scope !== undefined && { scope }),
    ...(peer !== undefined && peer !== addr && { peer }),
    ...(broadcast !== undefined && { broadcast }),
    ...(label !== undefined && { label }),
  }
  return { dev, cidr: `${word.split('/', 1)[0]}/${length}`, options, columns }
}
