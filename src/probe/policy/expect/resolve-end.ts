import type { Pod } from '../../../controlplane/index.ts'
import { KubehopError, type Place } from '../../../errors.ts'
import type { PolicyEngine, TrafficEnd } from '../../../netpol/index.ts'
import { type Addr, addrFromBigInt, addrToBigInt, formatAddr } from '../../../wire/addr.ts'
import { Prefix, tryParseCidr } from '../../../wire/prefix.ts'
import { podFilter } from '../pod-filter.ts'
import { workloadOf } from '../workload-of.ts'

/** The ends that a text of an expectation means: pods, and one address of each range outside that policies tell apart. */
export function resolveEnd(engine: PolicyEngine, text: string, place: Place): readonly TrafficEnd[] {
  if (text === 'external') return outside(engine, undefined)
  const block = tryParseCidr(text.replace(/^external\//, ''))
  if (block !== undefined) return outside(engine, new Prefix(block.addr, block.length))
  const pods = podsOf(engine, text)
  if (pods.length === 0 && /^[a-z0-9][-a-z0-9./]*$/.test(text) && !/^(?:ns|namespace)\//.test(text)) {
    throw new KubehopError('KH_ENDPOINT', `${JSON.stringify(text)} names no pod and no workload`, place)
  }
  return pods.map(pod => ({ pod }))
}

function podsOf(engine: PolicyEngine, text: string): readonly Pod[] {
  const pods = [...engine.pods()]
  if (text === '*') return pods
  const parts = text.split('/')
  const named = parts.every(part => /^[a-z0-9][-a-z0-9.]*$/.test(part))
  if (named && parts.length === 3) return pods.filter(pod => workloadOf(pod) === text)
  if (named && parts.length === 2 && parts[0] !== 'namespace' && parts[0] !== 'ns') {
    const own = pods.filter(pod => `${pod.metadata.namespace}/${pod.metadata.name}` === text)
    return own.length > 0 ? own : pods.filter(pod => workloadOf(pod) === `default/${text}`)
  }
  return pods.filter(podFilter(text))
}

function outside(engine: PolicyEngine, block: Prefix | undefined): readonly TrafficEnd[] {
  const { cidrs } = engine.vocabulary
  const ends: TrafficEnd[] = []
  const taken = new Set<string>()
  for (const pod of engine.pods()) for (const { ip } of pod.status?.podIPs ?? []) taken.add(ip)
  for (const atom of cidrs.starts.keys()) {
    const addr = freeAddress(engine, cidrs.range(atom), block, taken)
    if (addr !== undefined) ends.push({ addr })
  }
  return ends
}

/** How many addresses are tried before a range counts as full of pods. */
const TRIED = 4096n

function freeAddress(
  engine: PolicyEngine,
  [first, last]: readonly [bigint, bigint],
  block: Prefix | undefined,
  taken: ReadonlySet<string>,
): Addr | undefined {
  const { family } = engine.options
  if (block !== undefined && block.family !== family) return undefined
  for (let value = first, tries = 0n; value <= last && tries < TRIED; tries++) {
    const addr = addrFromBigInt(value, family)
    if (block !== undefined && !block.contains(addr)) {
      // Jump to where the block begins, if that is in this range.
      const start = addrToBigInt(block.addr)
      if (start <= value || start > last) return undefined
      value = start
      continue
    }
    if (!taken.has(formatAddr(addr))) return addr
    value++
  }
  return undefined
}
