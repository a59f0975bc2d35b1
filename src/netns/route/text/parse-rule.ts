import type { Place } from '../../../errors.ts'
import { familyOf } from '../../../wire/addr.ts'
import { Prefix, tryParseCidr } from '../../../wire/prefix.ts'
import type { PolicyRule } from '../../model/route.ts'
import { TABLE_MAIN } from '../tables.ts'
import { tableWord } from './names.ts'
import { Words } from './words.ts'

/** A rule that was read; `priority` is undefined where the line has none. */
export type ParsedRule = Omit<PolicyRule, 'priority'> & { readonly priority: number | undefined }

/** Selectors and actions of `ip rule` that are not simulated: refused, since they would decide differently. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'goto',
  'nop',
  'nat',
  'tos',
  'dsfield',
  'ipproto',
  'sport',
  'dport',
  'uidrange',
  'l3mdev',
  'tun_id',
  'suppress_ifgroup',
  'realms',
  '[l3mdev-table]',
])

/** Reads a line as `ip rule add` takes it or `ip rule show` prints it. Throws KH_ROUTE with the column. */
export function parseRule(line: string, place: Place, family?: 4 | 6): ParsedRule {
  const words = new Words(line, place)
  if (words.takeIf('-4')) family = 4
  else if (words.takeIf('-6')) family = 6
  if (words.done) throw words.error('"ip rule add" requires arguments.')
  let priority: number | undefined
  const printed = /^([0-9]{1,10}):$/.exec(words.peek ?? '')
  if (printed !== null) priority = words.parseNumber(words.take().slice(0, -1), 'preference')
  let from: Prefix | null = null
  let to: Prefix | null = null
  let iif: string | null = null
  let oif: string | null = null
  let fwmark = 0
  let fwmask = 0
  let invert = false
  let table = TABLE_MAIN
  let kind: PolicyRule['action']['kind'] = 'lookup'
  let suppressPrefixLength: number | undefined
  const prefix = (): Prefix | null => {
    const word = words.take()
    if (word === 'all' || word === 'any' || word === 'default') return null
    const cidr = tryParseCidr(word)
    if (cidr === undefined) throw words.error(`any valid prefix is expected rather than ${JSON.stringify(word)}.`)
    const own = familyOf(cidr.addr)
    if (family !== undefined && family !== own) {
      throw words.error(`${family === 6 ? 'inet6' : 'inet'} prefix is expected rather than ${JSON.stringify(word)}.`)
    }
    family = own
    return cidr.length === 0 ? null : new Prefix(cidr.addr, cidr.length)
  }
  while (!words.done) {
    const word = words.take()
    switch (word) {
      case 'not':
        invert = true
        break
      case 'from':
        from = prefix()
        break
      case 'to':
        to = prefix()
        break
      case 'iif':
      case 'dev':
        iif = deviceName(words)
        break
      case 'oif':
        oif = deviceName(words)
        break
      case 'fwmark': {
        const [mark = '', mask] = words.take().split('/', 2)
        fwmark = words.parseNumber(mark, 'fwmark')
        fwmask = mask === undefined ? (fwmark === 0 ? 0 : 0xffffffff) : words.parseNumber(mask, 'fwmask')
        break
      }
      case 'lookup':
      case 'table':
        table = tableWord(words)
        break
      case 'priority':
      case 'preference':
      case 'pref':
      case 'prio':
      case 'order':
        priority = words.number('preference')
        break
      case 'suppress_prefixlength':
      case 'sup_pl':
        suppressPrefixLength = words.number('suppress_prefixlength value', 128)
        break
      case 'protocol':
      case 'proto':
        words.take()
        break
      case 'type':
      case 'unicast':
      case '[detached]':
        break
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
        kind = word
        break
      default:
        if (UNSUPPORTED.has(word)) throw words.error(`${JSON.stringify(word)} of ip rule is not simulated`)
        throw words.error(`argument ${JSON.stringify(word)} is wrong: Failed to parse rule type`)
    }
  }
  return {
    priority,
    ...(family !== undefined && { family }),
    from,
    to,
    iif,
    oif,
    fwmark,
    fwmask,
    invert,
    ...(suppressPrefixLength !== undefined && { suppressPrefixLength }),
    action: kind === 'lookup' ? { kind, table } : { kind },
  }
}

function deviceName(words: Words): string {
  const name = words.take()
  if (name.length > 15) throw words.error(`${JSON.stringify(name)} is not a valid ifname`)
  return name
}
