import type { Step } from '../trace/index.ts'
import { detail, numberOf } from './detail.ts'
import type { StepLine } from './step-line.ts'

/** Neighbour resolution: one calm line for a question that was answered. `mac`: to whom the packet then went. */
export function neighbourLine(step: Step, mac: string, verbosity: number): StepLine | undefined {
  const addr = detail(step, 'addr')
  const dev = detail(step, 'dev')
  const label = addr.includes(':') ? 'nd' : 'arp'
  switch (step.action) {
    case 'failed':
      return { label, text: `✘ nobody answers for ${addr} on ${dev}`, depth: 0, tone: 'bad' }
    case 'queued':
      return {
        label,
        text: `who has ${addr} on ${dev}?${mac === '' ? '' : ` ${mac} answers`}`,
        depth: 0,
        tone: 'quiet',
      }
    case 'hit':
      if (verbosity < 1) return undefined
      return { label, text: `${addr} on ${dev} is at ${detail(step, 'mac')}`, depth: 0, tone: 'quiet' }
    default:
      return verbosity < 1 ? undefined : { label, text: `${step.action} ${addr} on ${dev}`, depth: 0, tone: 'quiet' }
  }
}

/** What a bridge or the FDB of a vxlan device decided. */
export function fdbLine(step: Step, verbosity: number): StepLine | undefined {
  const dev = detail(step, 'dev')
  const mac = detail(step, 'mac')
  const entry = detail(step, 'entry').trim()
  const ports = Array.isArray(step.detail.ports) ? step.detail.ports.join(', ') : ''
  const remote = / dst (\S+)/.exec(entry)?.[1]
  switch (step.action) {
    case 'learn':
      if (verbosity < 2) return undefined
      return { label: 'bridge', text: `${dev} learns that ${mac} is behind ${ports}`, depth: 0, tone: 'quiet' }
    case 'flood':
      return { label: 'bridge', text: `${dev} does not know ${mac} and floods the frame to ${ports}`, depth: 0 }
    case 'local':
      return { label: 'bridge', text: `${dev} takes the frame: it is addressed to the bridge itself`, depth: 0 }
    case 'none':
      return { label: 'fdb', text: `✘ ${dev} has no entry for ${mac}`, depth: 0, tone: 'bad' }
    default:
      if (remote !== undefined) return { label: 'fdb', text: `${dev}: ${mac} is behind the VTEP ${remote}`, depth: 0 }
      return { label: 'bridge', text: `${dev} sends the frame for ${mac} out of port ${ports}`, depth: 0 }
  }
}

/** `vxlan vni 1: udp A > B, 60 + 50 bytes of headers`. */
export function encapLine(step: Step): StepLine {
  const outer = detail(step, 'outer')
  const overhead = numberOf(step, 'overhead')
  const length = Number(/ len (\d+)/.exec(outer)?.[1] ?? 0)
  const sizes = length > 0 ? `, ${length - overhead} + ${overhead} = ${length} bytes` : `, + ${overhead} bytes`
  const fits = `${detail(step, 'dev')} mtu ${detail(step, 'mtu')}`
  return {
    label: 'encap',
    text: `${outer.replace(/ ttl \d+ len \d+/, '')}${sizes} (${fits})`,
    depth: 0,
    tone: 'change',
  }
}
