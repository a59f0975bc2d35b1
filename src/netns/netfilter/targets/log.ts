import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { quoteString } from '../text/quote.ts'
import { parseNumber } from '../text/values.ts'
import type { Walk } from '../walk.ts'

/** Both prefixes are cut there, as the tools do (with their final zero 30 and 64 bytes). */
const LOG_PREFIX = 29
const NFLOG_PREFIX = 63
/** `--log-level` when not given: warning. */
const DEFAULT_LEVEL = 4
const LEVELS: readonly (readonly [string, number])[] = [
  ['alert', 1],
  ['crit', 2],
  ['debug', 7],
  ['emerg', 0],
  ['error', 3],
  ['info', 6],
  ['notice', 5],
  ['panic', 0],
  ['warning', 4],
]
const LOG_FLAGS = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'] as const

/** `-j LOG` (net/netfilter/xt_LOG.c): an event of the trace instead of a line of the kernel log. */
export const log: TargetExtension = {
  name: 'LOG',
  options: {
    'log-prefix': { args: 1 },
    'log-level': { args: 1 },
    'log-tcp-sequence': { args: 0 },
    'log-tcp-options': { args: 0 },
    'log-ip-options': { args: 0 },
    'log-uid': { args: 0 },
    'log-macdecode': { args: 0 },
  },
  build(options: Options) {
    const prefix = (options.value('log-prefix') ?? '').slice(0, LOG_PREFIX)
    const level = readLevel(options)
    const words: string[] = []
    if (prefix !== '') words.push(`--log-prefix ${quoteString(prefix)}`)
    if (level !== DEFAULT_LEVEL) words.push(`--log-level ${level}`)
    for (const flag of LOG_FLAGS) if (options.has(flag)) words.push(`--${flag}`)
    return createTarget('LOG', words.join(' '), 'CONTINUE', (skb, walk) => {
      recordLog(skb, walk, prefix)
      return CONTINUE
    })
  },
}

/** `-j NFLOG` (net/netfilter/xt_NFLOG.c). */
export const nflog: TargetExtension = {
  name: 'NFLOG',
  options: {
    'nflog-group': { args: 1 },
    'nflog-prefix': { args: 1 },
    'nflog-range': { args: 1 },
    'nflog-size': { args: 1 },
    'nflog-threshold': { args: 1 },
  },
  build(options: Options) {
    const prefix = (options.value('nflog-prefix') ?? '').slice(0, NFLOG_PREFIX)
    const group = number(options, 'nflog-group', 65535) ?? 0
    const size = number(options, 'nflog-size', 0xffffffff)
    const range = number(options, 'nflog-range', 0xffffffff)
    const threshold = number(options, 'nflog-threshold', 65535) ?? 1
    const words: string[] = []
    if (prefix !== '') words.push(`--nflog-prefix ${quoteString(prefix)}`)
    if (group > 0) words.push(`--nflog-group ${group}`)
    if (size !== undefined) words.push(`--nflog-size ${size}`)
    else if (range !== undefined) words.push(`--nflog-range ${range}`)
    if (threshold !== 1) words.push(`--nflog-threshold ${threshold}`)
    return createTarget('NFLOG', words.join(' '), 'CONTINUE', (skb, walk) => {
      recordLog(skb, walk, prefix)
      return CONTINUE
    })
  },
}

function readLevel(options: Options): number {
  const text = options.value('log-level')
  if (text === undefined) return DEFAULT_LEVEL
  const level = parseNumber(text, 0, 7) ?? LEVELS.find(([name]) => name.startsWith(text.toLowerCase()))?.[1]
  return level ?? options.fail('log-level', `log-level \`${text}' unknown`)
}

function number(options: Options, option: string, max: number): number | undefined {
  const text = options.value(option)
  if (text === undefined) return undefined
  return parseNumber(text, 0, max) ?? options.fail(option, `\`${text}' is not a number 0-${max}`)
}

function recordLog(skb: Skb, walk: Walk, prefix: string): void {
  const { sim, name } = walk.ns
  if (sim.recorder === null) return
  const rule = walk.ref()
  if (rule === null) return
  sim.recorder.record({ kind: 'log', time: sim.now, ns: name, packet: viewOf(skb), rule, prefix })
}
