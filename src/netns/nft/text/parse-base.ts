import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
} from '../../model/netfilter.ts'
import type { BaseSpec } from '../ruleset/chain.ts'
import { namedPriority } from './priority.ts'
import type { TokenReader } from './token-reader.ts'

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: HOOK_PREROUTING,
  input: HOOK_INPUT,
  forward: HOOK_FORWARD,
  output: HOOK_OUTPUT,
  postrouting: HOOK_POSTROUTING,
}
/** A nat chain must run after conntrack (NF_IP_PRI_CONNTRACK). */
const CONNTRACK = -200

/** `type TYPE hook HOOK priority PRIORITY`, with the policy still to come. */
export function parseBase(reader: TokenReader): BaseSpec {
  reader.expect('type')
  const token = reader.next
  const type = reader.name('filter, nat or route')
  if (type !== 'filter' && type !== 'nat' && type !== 'route') reader.fail(`unknown chain type "${type}"`, token)
  reader.expect('hook')
  const at = reader.next
  const word = reader.name('a hook')
  const hook = Object.hasOwn(HOOKS, word) ? HOOKS[word] : undefined
  if (hook === undefined) reader.fail(`unknown or not simulated hook "${word}"`, at)
  if (reader.sees('device') || reader.sees('devices')) reader.fail('chains of a device are not simulated by kubehop')
  reader.expect('priority')
  const priority = parsePriority(reader, hook)
  const wrong =
    (type === 'nat' && (hook === HOOK_FORWARD || priority <= CONNTRACK)) || (type === 'route' && hook !== HOOK_OUTPUT)
  if (wrong)
    reader.fail(`a chain of type ${type} at hook ${word} with priority ${priority}: Operation not supported`, token)
  return { type, hook, priority, policyDrop: false }
}

/** `accept` or `drop`. */
export function parsePolicy(reader: TokenReader): boolean {
  const policy = reader.name('accept or drop')
  if (policy !== 'accept' && policy !== 'drop') reader.fail(`policy ${policy}: accept or drop is expected`)
  return policy === 'drop'
}

function parsePriority(reader: TokenReader, hook: Hook): number {
  const token = reader.next
  if (token.kind !== 'word') return parseSigned(reader)
  reader.take()
  const base = namedPriority(token.text, hook)
  if (base === undefined) reader.fail(`"${token.text}" is not a priority at this hook`, token)
  if (!reader.sees('+') && !reader.sees('-')) return base
  return base + parseSigned(reader)
}

function parseSigned(reader: TokenReader): number {
  const negative = reader.sees('-')
  if (negative || reader.sees('+')) reader.take()
  const value = reader.number('a priority', 0x7fffffff)
  return negative ? -value : value
}
