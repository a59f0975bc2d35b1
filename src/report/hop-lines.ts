import type { Step } from '../trace/index.ts'
import { Chances } from './chances.ts'
import { conntrackText } from './conntrack-text.ts'
import { changesText, detail, numberOf } from './detail.ts'
import { encapLine, fdbLine, neighbourLine } from './link-lines.ts'
import { QuietChains } from './quiet-chains.ts'
import { ruleText } from './rule-text.ts'
import type { StepLine } from './step-line.ts'

/**
 * The lines of a hop, one for each decision. `verbosity` 0: what was decided. 1: also rules that were looked at and missed, with
 * their exact words, policies, and what was only passed through. 2: also every frame with its addresses.
 */
export function hopLines(steps: readonly Step[], verbosity: number): StepLine[] {
  const writer = new HopWriter(steps, verbosity)
  for (let i = 0; i < steps.length; i++) writer.take(i)
  return writer.finish()
}

class HopWriter {
  readonly #steps: readonly Step[]
  readonly #verbosity: number
  readonly #lines: StepLine[] = []
  readonly #chances: Chances
  readonly #quiet: QuietChains
  #hook = ''
  #outer = false
  /** The line to which a TTL change belongs. */
  #route: StepLine | undefined

  constructor(steps: readonly Step[], verbosity: number) {
    this.#steps = steps
    this.#verbosity = verbosity
    this.#chances = new Chances(steps)
    this.#quiet = new QuietChains(steps)
  }

  finish(): StepLine[] {
    this.#flush()
    return this.#lines
  }

  take(i: number): void {
    const step = this.#steps[i]
    if (step === undefined) return
    const outer = step.outer === true
    if (outer !== this.#outer || step.type === 'hook') {
      this.#flush()
      this.#outer = outer
      if (step.type !== 'hook') this.#hook = ''
    }
    if (this.#verbosity < 1 && this.#takeRule(step, i)) return
    const line = this.#lineOf(step, i)
    if (line !== undefined) this.#add(line)
  }

  /** Rules at rest verbosity: jumps that led to nothing are gathered, draws are told with their rules. */
  #takeRule(step: Step, i: number): boolean {
    if (step.type === 'rule' && this.#quiet.note(i)) return true
    if (step.type !== 'rule' && step.type !== 'statistic' && step.type !== 'recent') return false
    const line = this.#chances.lineFor(i)
    if (line !== undefined) this.#add({ ...line, label: this.#hook })
    return true
  }

  #add(line: StepLine): void {
    this.#flush()
    this.#push(line)
  }

  #push(line: StepLine): void {
    // The name of the hook stands once, in front of its first line.
    const label = line.label === this.#hook && this.#lines.at(-1) !== undefined && this.#named ? '' : line.label
    if (line.label === this.#hook && line.label !== '') this.#named = true
    const last = this.#lines.at(-1)
    // What happens to each fragment alike is told once.
    if (last !== undefined && last.text === line.text && label === last.label && label !== '') return
    const placed = { ...line, label, ...(this.#outer ? { outer: true } : {}) }
    this.#lines.push(placed)
    if (line.label === 'route') this.#route = placed
  }

  #named = false

  #flush(): void {
    const text = this.#quiet.take()
    if (text !== undefined) this.#push({ label: this.#hook, text, depth: 0, tone: 'quiet' })
  }

  #lineOf(step: Step, i: number): StepLine | undefined {
    const verbose = this.#verbosity >= 1
    switch (step.type) {
      case 'hook': {
        this.#hook = step.action.toLowerCase()
        this.#named = false
        return verbose ? { label: this.#hook, text: devices(step), depth: 0, tone: 'quiet' } : undefined
      }
      case 'rule':
        return { label: this.#hook, text: ruleText(step, depthOf(step), true), depth: depthOf(step) }
      case 'ruleMiss': {
        if (!verbose) return undefined
        const missed = `✘ ${detail(step, 'match')} (here ${detail(step, 'actual')})`
        const text = `${ruleText(step, depthOf(step), true)}  ${missed}`
        return { label: this.#hook, text, depth: depthOf(step), tone: 'quiet' }
      }
      case 'policy': {
        if (!verbose && step.action === 'ACCEPT') return undefined
        const text = `${detail(step, 'table')} ${detail(step, 'chain')} policy ${step.action}`
        return { label: this.#hook, text, depth: 0, tone: step.action === 'ACCEPT' ? 'quiet' : 'bad' }
      }
      case 'statistic':
      case 'recent': {
        const outcome = step.action === 'match' ? '✔ matches' : '✘ does not match'
        return {
          label: this.#hook,
          text: `${step.type} ${outcome}: ${this.#chances.words(i)}`,
          depth: depthOf(step) + 1,
        }
      }
      case 'mark':
        return { label: 'mark', text: markText(step), depth: 0, tone: 'change' }
      case 'nat': {
        const label = step.action === 'un-translate' ? 'un-NAT' : 'NAT'
        return { label, text: changesText(step), depth: 0, tone: 'change' }
      }
      case 'ttl':
        if (this.#route !== undefined && !verbose) {
          this.#route.text += `  (${changesText(step)})`
          return undefined
        }
        return { label: 'ttl', text: changesText(step), depth: 0, tone: 'quiet' }
      case 'neighbour':
        return neighbourLine(step, this.#macAfter(i), this.#verbosity)
      case 'conntrack':
        return conntrackLine(step, this.#verbosity)
      case 'route':
        return { label: 'route', text: routeText(step, verbose), depth: 0, ...(isBad(step) ? { tone: 'bad' } : {}) }
      case 'fdb':
        return fdbLine(step, this.#verbosity)
      case 'encap':
        return encapLine(step)
      default:
        return otherLine(step, this.#verbosity)
    }
  }

  /** The address that a question for a neighbour brought. */
  #macAfter(i: number): string {
    const asked = this.#steps[i]
    if (asked === undefined) return ''
    const next = this.#steps
      .slice(i + 1)
      .find(
        step =>
          (step.type === 'neighbour' && step.action !== 'queued' && detail(step, 'addr') === detail(asked, 'addr')) ||
          (step.type === 'tx' && detail(step, 'dev') === detail(asked, 'dev')),
      )
    if (next === undefined || next.action === 'failed') return ''
    return next.type === 'tx' ? detail(next, 'dstMac') : detail(next, 'mac')
  }
}

function otherLine(step: Step, verbosity: number): StepLine | undefined {
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

const ORIGIN: Readonly<Record<string, string>> = {
  socket: 'send',
  icmp_error: 'icmp error',
  reject: 'reject',
  encap: 'outer',
}

function depthOf(step: Step): number {
  return numberOf(step, 'depth')
}

function devices(step: Step): string {
  const from = detail(step, 'inDev')
  const to = detail(step, 'outDev')
  const parts = [
    from === '' ? '' : `in ${from}`,
    to === '' ? '' : `out ${to}`,
    step.detail.bridged === true ? '(bridged)' : '',
  ]
  return parts.filter(part => part !== '').join(' ')
}

function frameText(step: Step, about: string): string {
  return `${detail(step, 'dev')} ${about} ${detail(step, 'packet')}`
}

/** The mark that kube-proxy sets says what will happen at the end of the node. */
function markText(step: Step): string {
  const meaning = detail(step, 'chain') === 'KUBE-MARK-MASQ' ? '  (masquerade mark: the source will be translated)' : ''
  return `${changesText(step)}${meaning}`
}

function conntrackLine(step: Step, verbosity: number): StepLine | undefined {
  const entry = detail(step, 'entry').trim()
  const text = verbosity < 1 ? conntrackText(entry) : entry
  switch (step.action) {
    case 'confirm':
      return { label: 'conntrack', text: `new entry ${text}`, depth: 0 }
    case 'match': {
      const reply = detail(step, 'direction') === 'reply' ? ' (reply)' : ''
      return { label: 'conntrack', text: `${detail(step, 'state')}${reply} ${text}`.trimEnd(), depth: 0 }
    }
    case 'invalid':
      return { label: 'conntrack', text: 'INVALID: belongs to no known flow', depth: 0, tone: 'bad' }
    case 'untracked':
      return { label: 'conntrack', text: 'UNTRACKED', depth: 0 }
    default:
      if (verbosity < 1) return undefined
      return { label: 'conntrack', text: `${step.action} ${text}`, depth: 0, tone: 'quiet' }
  }
}

function isBad(step: Step): boolean {
  return ['unreachable', 'prohibit', 'blackhole', 'throw', 'none', 'martian'].includes(step.action)
}

/** The route as `ip route` prints it, without what does not decide. */
function routeText(step: Step, exact: boolean): string {
  const route = detail(step, 'route').trim()
  const dev = detail(step, 'dev')
  const again = detail(step, 'hook') === 'reroute' ? '  (looked up again)' : ''
  if (route === '') return `${step.action}${dev === '' ? '' : ` dev ${dev}`}${again}`
  if (exact) return `${route}${again}`
  const short = route.replace(/ (?:proto|scope|table|pref|metric) \S+/g, '')
  const own = step.action === 'local' ? '  (an address of this machine)' : ''
  return `${short.replace(/^(local \S+) dev .*/, '$1')}${own}${again}`
}
