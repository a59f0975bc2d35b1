import type { Step } from '../trace/index.ts'
import { Chances } from './chances.ts'
import { conntrackLine } from './conntrack-line.ts'
import { changesText, detail, numberOf } from './detail.ts'
import { encapLine, fdbLine, neighbourLine } from './link-lines.ts'
import { otherLine } from './other-lines.ts'
import { QuietChains } from './quiet-chains.ts'
import { routeLine } from './route-line.ts'
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
        return {
          label: this.#hook,
          text: `${ruleText(step, depthOf(step), true)}${sourceOf(step)}`,
          depth: depthOf(step),
        }
      case 'ruleMiss': {
        if (!verbose) return undefined
        const missed = `✘ ${detail(step, 'match')} (here ${detail(step, 'actual')})`
        const text = `${ruleText(step, depthOf(step), false)}  ${missed}`
        return { label: this.#hook, text, depth: depthOf(step), tone: 'quiet' }
      }
      case 'policy': {
        if (!verbose && step.action === 'ACCEPT') return undefined
        const text = `${detail(step, 'table')} ${detail(step, 'chain')} policy ${step.action}`
        return { label: this.#hook, text, depth: 0, tone: step.action === 'ACCEPT' ? 'quiet' : 'bad' }
      }
      case 'statistic':
      case 'recent': {
        // A miss is told by the rule that was missed.
        if (step.action !== 'match') return undefined
        const next = this.#steps[i + 1]
        const depth = next === undefined ? 0 : depthOf(next)
        return { label: this.#hook, text: `✔ ${step.type} of ${this.#chances.words(i)}`, depth }
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
        return routeLine(step, verbose)
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

/** Where the user wrote what the rule was made for. */
function sourceOf({ evidence }: Step): string {
  if (evidence?.file === undefined) return ''
  return `  [${evidence.file}${evidence.line === undefined ? '' : `:${evidence.line}`}]`
}

function depthOf(step: Step): number {
  return numberOf(step, 'depth')
}

function devices(step: Step): string {
  const from = detail(step, 'inDev')
  const to = detail(step, 'outDev')
  const parts = [
    from === '' ? '' : `IN=${from}`,
    to === '' ? '' : `OUT=${to}`,
    step.detail.bridged === true ? '(from the bridge)' : '',
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** The mark that kube-proxy sets says what will happen at the end of the node. */
function markText(step: Step): string {
  const meaning = detail(step, 'chain') === 'KUBE-MARK-MASQ' ? '  (masquerade mark: the source will be translated)' : ''
  return `${changesText(step)}${meaning}`
}
