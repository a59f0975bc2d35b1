import type { Step } from '../trace/index.ts'
import { conntrackText } from './conntrack-text.ts'
import { detail } from './detail.ts'
import type { StepLine } from './step-line.ts'

/** What conntrack found or made; looked at closely also what it only noted. */
export function conntrackLine(step: Step, verbosity: number): StepLine | undefined {
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
