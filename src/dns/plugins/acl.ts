import { KubehopError } from '../../errors.ts'
import { type Addr, familyOf, formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { type Prefix, parsePrefix } from '../../wire/prefix.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { normalizeZones } from '../corefile/zones.ts'
import { inZones } from '../in-zones.ts'
import type { PluginSetup } from '../plugin.ts'
import { RCODES, replyTo, typeNumber } from '../wire/index.ts'

type Action = 'allow' | 'block' | 'filter' | 'drop'

interface Policy {
  readonly action: Action
  /** Undefined: every type, every network. */
  readonly types: ReadonlySet<number> | undefined
  readonly nets: readonly Prefix[] | undefined
}

interface Rule {
  readonly zones: readonly string[]
  readonly policies: readonly Policy[]
}

/** `acl [ZONES…] { allow|block|filter|drop [type QTYPE…] [net NETWORK…] }`: the first line that fits decides; none: allowed. */
export const acl: PluginSetup = {
  name: 'acl',
  setup(c, site) {
    const rules: Rule[] = []
    while (c.next()) {
      const zones = c.remainingArgs()
      const policies: Policy[] = []
      while (c.nextBlock()) policies.push(parsePolicy(c))
      rules.push({ zones: zones.length === 0 ? site.zones : zones.flatMap(normalizeZones), policies })
    }
    return [
      {
        name: 'acl',
        *serve(state, next) {
          const client = tryParseAddr(state.client.address)
          for (const rule of rules) {
            if (!inZones(rule.zones, state.name)) continue
            const policy = rule.policies.find(candidate => fits(candidate, client, state.question.type))
            if (policy === undefined || policy.action === 'allow') continue
            state.notes.push({
              plugin: 'acl',
              text: `${policy.action}: ${state.client.address} asks for ${state.question.name}`,
            })
            if (policy.action === 'drop') return { rcode: RCODES.NOERROR, drop: true }
            const rcode = policy.action === 'block' ? RCODES.REFUSED : RCODES.NOERROR
            return { rcode: RCODES.NOERROR, message: replyTo(state.query, { rcode }) }
          }
          return yield* next(state)
        },
      },
    ]
  },
}

function parsePolicy(c: Dispenser): Policy {
  const action = c.val.toLowerCase()
  if (action !== 'allow' && action !== 'block' && action !== 'filter' && action !== 'drop')
    throw c.err(`unexpected token ${JSON.stringify(c.val)}; expect 'allow', 'block', 'filter' or 'drop'`)
  const types = new Set<number>()
  const nets: Prefix[] = []
  let section: 'type' | 'net' | undefined
  let all = { type: false, net: false }
  for (const word of c.remainingArgs()) {
    if (word === 'type' || word === 'net') {
      section = word
      continue
    }
    if (section === undefined) throw c.err(`unexpected token ${JSON.stringify(word)}; expect 'type | net'`)
    if (word === '*') all = { ...all, [section]: true }
    else if (section === 'type') {
      const type = typeNumber(word)
      if (type === undefined) throw c.err(`unexpected token ${JSON.stringify(word)}; expect legal QTYPE`)
      types.add(type)
    } else nets.push(parseNet(word, c))
  }
  return {
    action,
    types: all.type || types.size === 0 ? undefined : types,
    nets: all.net || nets.length === 0 ? undefined : nets,
  }
}

function parseNet(word: string, c: Dispenser): Prefix {
  try {
    const addr = tryParseAddr(word)
    return parsePrefix(addr === undefined ? word : `${formatAddr(addr)}/${familyOf(addr) === 4 ? 32 : 128}`)
  } catch (error) {
    if (error instanceof KubehopError) throw c.err(`illegal CIDR notation ${JSON.stringify(word)}`)
    throw error
  }
}

function fits(policy: Policy, client: Addr | undefined, type: number): boolean {
  if (policy.types !== undefined && !policy.types.has(type)) return false
  return policy.nets === undefined || (client !== undefined && policy.nets.some(net => net.contains(client)))
}
