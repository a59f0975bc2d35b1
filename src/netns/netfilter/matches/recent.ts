import { type Addr, isV6, v4, v6, v6Word } from '../../../wire/addr.ts'
import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { formatMask } from '../rules/addr-match.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseMask, parseNumber } from '../text/values.ts'
import { HZ, jiffies } from '../time.ts'
import type { Walk } from '../walk.ts'

type Action = 'set' | 'rcheck' | 'update' | 'remove'
const ACTIONS: readonly Action[] = ['set', 'rcheck', 'update', 'remove']
/** XT_RECENT_NAME_LEN with its final zero. */
const MAX_NAME = 199
/** XT_RECENT_MAX_NSTAMPS − 1. */
const MAX_HITCOUNT = 65535

interface Recent {
  readonly action: Action
  readonly invert: boolean
  /** 0 when not given. */
  readonly seconds: number
  readonly hitcount: number
  readonly reap: boolean
  readonly rttl: boolean
  readonly name: string
  readonly dest: boolean
}

/** `-m recent` (net/netfilter/xt_recent.c). */
export const recent: MatchExtension = {
  name: 'recent',
  options: {
    set: { args: 0, invert: true },
    rcheck: { args: 0, invert: true },
    update: { args: 0, invert: true },
    remove: { args: 0, invert: true },
    seconds: { args: 1 },
    hitcount: { args: 1 },
    reap: { args: 0 },
    rttl: { args: 0 },
    name: { args: 1 },
    rsource: { args: 0 },
    rdest: { args: 0 },
    mask: { args: 1 },
  },
  build(options: Options) {
    const use = read(options)
    const maskText = options.value('mask')
    const masks = maskText === undefined ? FULL : parseMask(maskText, options.context.family)
    if (masks === undefined || /^[0-9]*$/.test(maskText ?? 'x'))
      options.fail('mask', `\`${maskText}' is not a network mask`)
    return createMatch(
      'recent',
      format(use, formatMask(masks, options.context.family === 6)),
      (skb, walk) => {
        const matched = evaluate(use, skb, walk)
        if (walk.ns.sim.recorder !== null) record(use, skb, walk, matched)
        return matched
      },
      {
        pure: false,
        recent: { name: use.name, hitcount: use.hitcount, masks },
        actual: () => `not in list ${use.name}`,
      },
    )
  },
}

const FULL = [-1, -1, -1, -1] as const

function read(options: Options): Recent {
  options.exclusive(...ACTIONS)
  options.exclusive('rsource', 'rdest')
  const action = ACTIONS.find(name => options.has(name))
  if (action === undefined) options.fail(null, 'you must specify one of --set, --rcheck, --update or --remove')
  const seconds = number(options, 'seconds', 1, 0xffffffff)
  const hitcount = number(options, 'hitcount', 1, MAX_HITCOUNT)
  const reap = options.has('reap')
  if (reap && seconds === 0) options.fail('reap', 'option "--reap" also requires "--seconds"')
  if ((action === 'set' || action === 'remove') && (seconds > 0 || hitcount > 0)) {
    options.fail(seconds > 0 ? 'seconds' : 'hitcount', `cannot be used with --${action}`)
  }
  const name = options.value('name') ?? 'DEFAULT'
  if (name === '' || name.length > MAX_NAME || name.includes('/')) options.fail('name', 'is not a name for a list')
  const rttl = options.has('rttl')
  return { action, invert: options.inverted(action), seconds, hitcount, reap, rttl, name, dest: options.has('rdest') }
}

function number(options: Options, name: string, min: number, max: number): number {
  const text = options.value(name)
  if (text === undefined) return 0
  return (
    parseNumber(text, min, max) ??
    options.fail(name, `bad value for option "--${name}", or out of range (${min}-${max})`)
  )
}

function format(use: Recent, mask: string): string {
  const words = [`${use.invert ? '! ' : ''}--${use.action}`]
  if (use.seconds > 0) words.push(`--seconds ${use.seconds}`)
  if (use.reap) words.push('--reap')
  if (use.hitcount > 0) words.push(`--hitcount ${use.hitcount}`)
  if (use.rttl) words.push('--rttl')
  words.push(`--name ${use.name} --mask ${mask}`, use.dest ? '--rdest' : '--rsource')
  return words.join(' ')
}

/** recent_mt. */
function evaluate(use: Recent, skb: Skb, walk: Walk): boolean {
  const list = walk.recents.get(use.name)
  const now = jiffies(walk.ns.sim.now)
  // The TTL as it was before forwarding: on the way out of a forwarded packet it is one less.
  const ttl = walk.outDev !== null && skb.dev !== null ? skb.ttl + 1 : skb.ttl
  const addr = masked(use.dest ? skb.dst : skb.src, list.masks)
  const entry = list.lookup(addr, use.rttl ? ttl : 0)
  let matched = use.invert
  if (entry === null) {
    if (use.action !== 'set') return matched
    list.add(addr, ttl, now)
    return !matched
  }
  if (use.action === 'set') {
    matched = !matched
  } else if (use.action === 'remove') {
    list.remove(entry)
    matched = !matched
  } else {
    const since = now - use.seconds * HZ
    let hits = 0
    for (const stamp of entry.stamps) {
      if (use.seconds > 0 && since > stamp) continue
      if (use.hitcount === 0 || ++hits >= use.hitcount) {
        matched = !matched
        break
      }
    }
    if (use.reap) list.reap(since, entry, use.action === 'update' && matched)
  }
  if (use.action === 'set' || (use.action === 'update' && matched)) list.update(entry, ttl, now)
  return matched
}

function masked(addr: Addr, m: readonly [number, number, number, number]): Addr {
  if ((m[0] & m[1] & m[2] & m[3]) === -1) return addr
  if (!isV6(addr)) return v4(addr & m[0])
  const word = (i: 0 | 1 | 2 | 3): number => (v6Word(addr, i) & m[i]) >>> 0
  return v6(word(0), word(1), word(2), word(3))
}

function record(use: Recent, skb: Skb, walk: Walk, matched: boolean): void {
  const rule = walk.ref()
  if (rule === null) return
  const { sim, name } = walk.ns
  const common = { time: sim.now, ns: name, packet: viewOf(skb), rule }
  sim.recorder?.record({ kind: 'recent', ...common, list: use.name, action: use.action, matched })
}
