import type { Step } from '../trace/index.ts'
import { detail } from './detail.ts'
import type { StepLine } from './step-line.ts'

/** Lines of steps that need nothing but themselves. */
export function otherLine(step: Step, verbosity: number): StepLine | undefined {
  switch (step.type) {
    case 'originate':
      return { label: ORIGIN[step.action] ?? step.action, text: detail(step, 'packet'), depth: 0 }
    case 'rx':
      if (verbosity < 2) return undefined
      return { label: 'receive', text: frameText(step, detail(step, 'frame')), depth: 0, tone: 'quiet' }
    case 'tx':
      if (verbosity < 2) return undefined
      return { label: 'transmit', text: frameText(step, `to ${detail(step, 'dstMac')}`), depth: 0, tone: 'quiet' }
    case 'decap': {
      const text = `${detail(step, 'dev')} takes the frame out: the packet goes on`
      return { label: 'decap', text, depth: 0, tone: 'change' }
    }
    case 'fragment':
      return {
        label: 'fragment',
        text: `into ${detail(step, 'pieces')} pieces for mtu ${detail(step, 'mtu')}`,
        depth: 0,
      }
    case 'reassemble':
      return { label: 'reassemble', text: `${detail(step, 'pieces')} fragments are one datagram again`, depth: 0 }
    case 'redirect':
      return { label: 'redirect', text: `tells ${detail(step, 'to')} to use ${detail(step, 'gateway')}`, depth: 0 }
    case 'deliver': {
      const assumed = step.detail.assumed === true ? ' (assumed)' : ''
      return { label: 'deliver', text: `✔ ${detail(step, 'what')}${assumed}`, depth: 0, tone: 'good' }
    }
    case 'socket': {
      const text = `${detail(step, 'what')}: ${step.action}`
      return { label: 'program', text, depth: 0, ...(step.action === 'ok' ? {} : { tone: 'bad' as const }) }
    }
    case 'drop': {
      const why = detail(step, 'detail')
      const text = `✘ ${step.action.replaceAll('_', ' ')}${why === '' ? '' : `: ${why}`}`
      return { label: 'drop', text, depth: 0, tone: 'bad' }
    }
    case 'reject':
      return { label: 'reject', text: `answers with ${step.action}`, depth: 0, tone: 'bad' }
    case 'ipvs':
      return ipvsLine(step, verbosity)
    case 'proxy':
      return proxyLine(step)
    case 'log':
      return { label: 'log', text: detail(step, 'prefix'), depth: 0 }
    default:
      return verbosity < 1 ? undefined : { label: step.type, text: step.action, depth: 0 }
  }
}

function ipvsLine(step: Step, verbosity: number): StepLine | undefined {
  const service = detail(step, 'service')
  const server = detail(step, 'server')
  switch (step.action) {
    case 'schedule':
      return { label: 'ipvs', text: `${service}: scheduler ${detail(step, 'scheduler')} gives ${server}`, depth: 0 }
    case 'persistence':
      return { label: 'ipvs', text: `${service}: this client stays with ${server}`, depth: 0 }
    case 'no_server':
      return { label: 'ipvs', text: `${service} has no server that takes connections`, depth: 0, tone: 'bad' }
    default:
      if (verbosity < 1) return undefined
      return { label: 'ipvs', text: `${step.action} ${service} ${server}`, depth: 0, tone: 'quiet' }
  }
}

function proxyLine(step: Step): StepLine {
  const program = detail(step, 'program')
  const again = detail(step, 'attempt') === '1' ? '' : `, attempt ${detail(step, 'attempt')}`
  if (step.action === 'no_endpoint') {
    return {
      label: 'user space',
      text: `${program} has no endpoint${again === '' ? '' : ' left'}`,
      depth: 0,
      tone: 'bad',
    }
  }
  const text = `${program} connects to ${detail(step, 'endpoint')} itself${again}`
  return { label: 'user space', text, depth: 0, tone: 'change' }
}

const ORIGIN: Readonly<Record<string, string>> = {
  socket: 'send',
  icmp_error: 'icmp error',
  reject: 'reject',
  encap: 'outer',
}

function frameText(step: Step, about: string): string {
  return `${detail(step, 'dev')} ${about} ${detail(step, 'packet')}`
}
