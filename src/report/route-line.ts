import type { Step } from '../trace/index.ts'
import { detail } from './detail.ts'
import type { StepLine } from './step-line.ts'

const REFUSALS: ReadonlySet<string> = new Set(['unreachable', 'prohibit', 'blackhole', 'throw', 'none', 'martian'])

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

/** The route that was found, or why there is none. */
export function routeLine(step: Step, exact: boolean): StepLine {
  const tone = REFUSALS.has(step.action) ? { tone: 'bad' as const } : {}
  return { label: 'route', text: routeText(step, exact), depth: 0, ...tone }
}
