import type { Hop, PacketSummary, Step, Trace } from '../../../src/trace/index.ts'
import { momentText } from './moment-text.ts'

/** One decision on the way, as the player stops at it. */
export interface Moment {
  /** Counts from 0 through the way there and the way back. */
  readonly at: number
  readonly way: 'there' | 'back'
  /** Index of the hop on its way. */
  readonly hopIndex: number
  readonly hop: Hop
  readonly step: Step
  readonly label: string
  readonly text: string
  readonly tone: 'good' | 'bad' | 'change' | 'quiet' | ''
  /** The packet's headers after the step. */
  readonly packet: PacketSummary
}

/** Steps that say nothing to somebody who does not look for them. */
const QUIET = new Set(['ruleMiss', 'policy', 'rx', 'hook', 'ttl'])

/** So many draws that missed are told one after the other; a Service may have thousands of endpoints. */
const MOST_UNDRAWN = 4

/** Every step of the way there and back; without the quiet ones unless all are wanted. */
export function momentsOf(trace: Trace, all: boolean): Moment[] {
  const moments: Moment[] = []
  const journeys = [
    { way: 'there' as const, hops: trace.hops },
    { way: 'back' as const, hops: trace.reply?.hops ?? [] },
  ]
  for (const { way, hops } of journeys) {
    for (const [hopIndex, hop] of hops.entries()) {
      let packet = hop.packetIn
      const steps = hop.steps
      let undrawn = 0
      for (const [index, step] of steps.entries()) {
        packet = packetAfter(packet, step, hop)
        const first = step === steps[0]
        if (step.type === 'statistic') undrawn = step.action === 'match' ? 0 : undrawn + 1
        if (!all && undrawn > MOST_UNDRAWN && step.type === 'statistic') continue
        if (!all && !first && (QUIET.has(step.type) || dull(step) || leadsNowhere(steps, index))) continue
        const { label, text, tone } = momentText(step)
        moments.push({ at: moments.length, way, hopIndex, hop, step, label, text, tone, packet })
      }
    }
  }
  return moments
}

/** Waiting for a neighbour, and lists that do not have the packet. */
function dull({ type, action }: Step): boolean {
  return (type === 'neighbour' && action !== 'hit') || (type === 'recent' && action === 'miss')
}

const SAYS_NOTHING = new Set(['ruleMiss', 'policy', 'hook'])

/** A jump to a chain in which nothing decides. */
function leadsNowhere(steps: readonly Step[], at: number): boolean {
  const step = steps[at]
  if (step?.type !== 'rule' || (step.action !== 'JUMP' && step.action !== 'GOTO')) return false
  const depth = Number(step.detail.depth)
  for (let next = at + 1; next < steps.length; next++) {
    const inner = steps[next]
    if (inner === undefined || SAYS_NOTHING.has(inner.type)) continue
    if (inner.detail.depth === undefined && inner.type !== 'mark') return true
    if (Number(inner.detail.depth) <= depth) return true
    if (!leadsNowhere(steps, next)) return false
  }
  return true
}

function packetAfter(
  packet: PacketSummary,
  { type, changes, outer }: Step,
  { packetIn, packetOut }: Hop,
): PacketSummary {
  if (type === 'encap') return packetOut.inner === undefined ? packet : { ...packetOut, inner: packet }
  if (type === 'decap') return packet.inner ?? packetIn.inner ?? packet
  if (outer === true && packet.inner === undefined) return packet
  let next = packet
  for (const { field, new: value } of changes) {
    if (field === 'ttl') next = { ...next, ttl: Number(value) }
    else if (field === 'mark') next = { ...next, mark: Number(value) }
    else if (field === 'src' || field === 'dst') next = { ...next, ...address(field, String(value)) }
  }
  return next
}

/** `10.0.0.1:80`, `[fd00::1]:80` or an address alone. */
function address(field: 'src' | 'dst', text: string): Partial<PacketSummary> {
  const parts = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(text)
  if (parts === null || (text.split(':').length > 2 && !text.startsWith('['))) return { [field]: text }
  const [, host = text, port] = parts
  return { [field]: host, ...(port === undefined ? {} : { [field === 'src' ? 'sport' : 'dport']: Number(port) }) }
}

/** First moment of the next or the previous hop. */
export function hopStart(moments: readonly Moment[], at: number, direction: 1 | -1): number {
  const key = (moment: Moment | undefined) => `${moment?.way}${moment?.hopIndex}`
  let next = at
  while (moments[next + direction] !== undefined && key(moments[next]) === key(moments[at])) next += direction
  if (direction === 1) return Math.min(next, moments.length - 1)
  const target = key(moments[next])
  while (next > 0 && key(moments[next - 1]) === target) next--
  return next
}
