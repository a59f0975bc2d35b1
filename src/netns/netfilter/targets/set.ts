import { readSetFlags } from '../matches/set.ts'
import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'

/** `-j SET` (net/netfilter/xt_set.c): adds the packet's fields to a set, or removes them. */
export const set: TargetExtension = {
  name: 'SET',
  options: {
    'add-set': { args: 2 },
    'del-set': { args: 2 },
    'map-set': { args: 2 },
    exist: { args: 0 },
    timeout: { args: 1 },
  },
  build(options: Options) {
    if (options.has('map-set')) options.fail('map-set', 'option "--map-set" is not simulated by kubehop')
    options.exclusive('add-set', 'del-set')
    const option = options.has('add-set') ? 'add-set' : 'del-set'
    const name = options.value(option)
    if (name === undefined) options.fail(null, 'one of --add-set and --del-set must be specified')
    const flags = readSetFlags(options, option, options.value(option, 1) ?? '')
    const timeoutText = options.value('timeout')
    const timeout = timeoutText === undefined ? undefined : parseNumber(timeoutText, 0, 0xfffffffe)
    if (timeoutText !== undefined && timeout === undefined) options.fail('timeout', 'a number of seconds is expected')
    const exist = options.has('exist')
    const adding = option === 'add-set'
    const how = timeout === undefined ? { exist } : { exist, timeout }
    const words = [`--${option} ${name} ${flags.join(',')}`]
    if (exist) words.push('--exist')
    if (timeout !== undefined) words.push(`--timeout ${timeout}`)
    return createTarget(
      'SET',
      words.join(' '),
      'CONTINUE',
      (skb, walk) => {
        if (adding) walk.ns.ipsets.addPacket(name, skb, flags, how)
        else walk.ns.ipsets.deletePacket(name, skb, flags)
        return CONTINUE
      },
      { set: name },
    )
  },
}
