import type { Step } from '../trace/index.ts'
import { detail, numberOf } from './detail.ts'
import { endpointOf, ruleName, ruleText } from './rule-text.ts'
import type { StepLine } from './step-line.ts'

/** Endpoints that a line names; of more only the number is told. */
const NAMED = 4

/**
 * Tells draws (`-m statistic`) and memories (`-m recent`) together with the rules that they belong to, and adds up which share of all
 * new flows goes where.
 */
export class Chances {
  readonly #steps: readonly Step[]
  readonly #depths = new Map<string, number>()
  /** What is left to draw for, by chain: 1 before the first rule. */
  readonly #left = new Map<string, number>()

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  /** The line for step `i`; undefined when an earlier or later line tells it. */
  lineFor(i: number): StepLine | undefined {
    const step = this.#steps[i]
    if (step === undefined) return undefined
    if (step.type === 'rule') return this.#ruleLine(step, i)
    if (step.action === 'match') {
      this.#draw(step)
      return undefined
    }
    this.#draw(step)
    const next = this.#steps[i + 1]
    if (next !== undefined && sameRun(step, next)) return undefined
    let first = i
    for (let before = this.#steps[first - 1]; before !== undefined && sameRun(before, step); ) {
      first--
      before = this.#steps[first - 1]
    }
    return this.#missLine(this.#steps.slice(first, i + 1))
  }

  /** What a draw or memory is about, in words. */
  words(i: number): string {
    const step = this.#steps[i]
    if (step === undefined) return ''
    const about = `${detail(step, 'chain')} ${detail(step, 'index')}`
    if (step.type === 'recent') {
      return `${about} --${detail(step, 'operation')} ${detail(step, 'source')} in ${detail(step, 'list')}`
    }
    const odds =
      detail(step, 'mode') === 'nth'
        ? 'every nth'
        : `p = ${percent(probability(step))} exactly ${detail(step, 'numerator')}/${detail(step, 'denominator')}`
    return `${about} ${odds}`
  }

  #ruleLine(step: Step, i: number): StepLine {
    const depth = numberOf(step, 'depth')
    const target = detail(step, 'target')
    if (step.action === 'JUMP' || step.action === 'GOTO') this.#depths.set(target, depth + 1)
    const text = ruleText(step, depth, false)
    const before = this.#steps[i - 1]
    const drawn = before !== undefined && isAbout(before, step) && before.action === 'match' ? before : undefined
    const element = detail(step, 'element')
    if (element !== '') return { label: '', text: `${text}  (✔ ${element}${this.#drawNote(drawn)})`, depth }
    if (drawn !== undefined) return { label: '', text: `${text}  ${this.#matchNote(drawn)}`, depth }
    const left = this.#left.get(detail(step, 'chain'))
    if (left !== undefined && endpointOf(step) !== target) {
      return { label: '', text: `${text}  (✔ the last one left: ${endpointOf(step)}, share ${percent(left)})`, depth }
    }
    return { label: '', text, depth }
  }

  /** The share of the element that was drawn from a map. */
  #drawNote(step: Step | undefined): string {
    if (step === undefined) return ''
    return detail(step, 'mode') === 'nth' ? ', its turn' : `, drawn: share ${percent(probability(step))}`
  }

  #matchNote(step: Step): string {
    if (step.type === 'recent') {
      const source = detail(step, 'source')
      if (detail(step, 'operation') === 'set') return `(remembers ${source})`
      return `(✔ affinity: ${source} is remembered for ${endpointOf(step)})`
    }
    if (detail(step, 'mode') === 'nth') return '(✔ its turn)'
    const share = this.#left.get(`share ${detail(step, 'chain')}`) ?? probability(step)
    return `(✔ p ${percent(probability(step))}: ${endpointOf(step)}, share ${percent(share)})`
  }

  #missLine(steps: readonly Step[]): StepLine | undefined {
    const [first] = steps
    const last = steps.at(-1)
    if (first === undefined || last === undefined) return undefined
    const depth = this.#depths.get(detail(first, 'chain')) ?? 1
    const to = detail(last, 'index')
    const name = `${ruleName(first, depth)}${first === last ? '' : `-${to}`}`
    const endpoints = steps.slice(0, NAMED).map(endpointOf).join(', ')
    const more = steps.length > NAMED ? ` and ${steps.length - NAMED} more` : ''
    const text =
      first.type === 'recent'
        ? `${name}  ✘ not remembered: ${endpoints}${more}`
        : detail(first, 'mode') === 'nth'
          ? `${name}  ✘ not its turn: ${endpoints}${more}`
          : `${name}  ✘ not drawn: ${endpoints}${more}${steps.length > 1 ? '' : ` (p ${percent(probability(first))})`}`
    return { label: '', text, depth }
  }

  #draw(step: Step): void {
    if (step.type !== 'statistic' || detail(step, 'mode') !== 'random') return
    const chain = detail(step, 'chain')
    const left = this.#left.get(chain) ?? 1
    const share = left * probability(step)
    this.#left.set(`share ${chain}`, share)
    this.#left.set(chain, step.action === 'match' ? left : left - share)
  }
}

function isAbout(chance: Step, rule: Step): boolean {
  return (chance.type === 'statistic' || chance.type === 'recent') && detail(chance, 'text') === detail(rule, 'text')
}

function sameRun(a: Step, b: Step): boolean {
  return a.type === b.type && a.action === 'miss' && b.action === 'miss' && detail(a, 'chain') === detail(b, 'chain')
}

function probability(step: Step): number {
  const denominator = numberOf(step, 'denominator')
  return denominator === 0 ? 0 : numberOf(step, 'numerator') / denominator
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`
}
