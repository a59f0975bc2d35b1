import type { Step } from '../trace/index.ts'

/** One line of a hop: a word for what it is about, and the rest. */
export interface StepLine {
  readonly label: string
  readonly text: string
  /** 0 for a line of its own, more for what a rule chain leads to. */
  readonly depth: number
  readonly tone?: 'good' | 'bad' | 'change' | 'quiet'
}

/**
 * The lines of a hop. `verbosity` 0: what was decided. 1: also rules that were looked at and missed, policies, and what was only
 * passed through. 2: also every frame with its addresses.
 */
export function stepLines(steps: readonly Step[], verbosity: number): StepLine[] {
  const lines: StepLine[] = []
  let hook = ''
  for (const [i, step] of steps.entries()) {
    if (step.type === 'hook') hook = hookLabel(step, steps.slice(i + 1))
    const line = lineOf(step, hook, verbosity)
    if (line === undefined) continue
    lines.push(line)
    // The name of the hook stands once, in front of its first line.
    if (line.label === hook && hook !== '') hook = ' '
  }
  return lines
}

const text = (step: Step, key: string): string => {
  const value = step.detail[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Hooks are told apart by what goes through them: a tunnel's own packet says so. */
function hookLabel(step: Step, _rest: readonly Step[]): string {
  return step.action.toLowerCase()
}

function lineOf(step: Step, hook: string, verbosity: number): StepLine | undefined {
  switch (step.type) {
    case 'originate':
      return { label: ORIGIN[step.action] ?? step.action, text: text(step, 'packet'), depth: 0 }
    case 'rx':
      return verbosity < 2
        ? undefined
        : {
            label: 'receive',
            text: `${text(step, 'dev')} ${text(step, 'frame')} ${text(step, 'packet')}`,
            depth: 0,
            tone: 'quiet',
          }
    case 'tx':
      return verbosity < 2
        ? undefined
        : {
            label: 'transmit',
            text: `${text(step, 'dev')} to ${text(step, 'dstMac')} ${text(step, 'packet')}`,
            depth: 0,
            tone: 'quiet',
          }
    case 'hook':
      return verbosity < 1 ? undefined : { label: hook, text: devices(step), depth: 0, tone: 'quiet' }
    case 'rule':
      return { label: hook, text: ruleText(step), depth: depthOf(step) }
    case 'ruleMiss':
      return verbosity < 1
        ? undefined
        : {
            label: hook,
            text: `${ruleText(step)}  ✘ ${text(step, 'match')} (${text(step, 'actual')})`,
            depth: depthOf(step),
            tone: 'quiet',
          }
    case 'policy':
      return verbosity < 1
        ? undefined
        : {
            label: hook,
            text: `${text(step, 'table')} ${text(step, 'chain')} policy ${step.action}`,
            depth: 0,
            tone: 'quiet',
          }
    case 'statistic':
      return { label: '', text: statisticText(step), depth: depthOf(step) + 2 }
    case 'recent':
      return {
        label: '',
        text: `recent ${text(step, 'operation')} ${text(step, 'list')}: ${step.action === 'match' ? '✔ source is in the list' : '✘ source is not in the list'}`,
        depth: depthOf(step) + 2,
      }
    case 'nat':
      return natLine(step)
    case 'mark':
      return { label: 'mark', text: changeText(step), depth: 0, tone: 'change' }
    case 'conntrack':
      return conntrackLine(step, verbosity)
    case 'route':
      return { label: 'route', text: routeText(step), depth: 0 }
    case 'neighbour':
      return neighbourLine(step, verbosity)
    case 'fdb':
      return fdbLine(step, verbosity)
    case 'encap':
      return {
        label: 'encap',
        text: `${text(step, 'outer')}, +${text(step, 'overhead')} bytes, mtu ${text(step, 'mtu')}`,
        depth: 0,
        tone: 'change',
      }
    case 'decap':
      return {
        label: 'decap',
        text: `${text(step, 'dev')} takes the frame out of ${text(step, 'outer')}`,
        depth: 0,
        tone: 'change',
      }
    case 'ttl':
      return verbosity < 1 ? undefined : { label: 'ttl', text: changeText(step), depth: 0, tone: 'quiet' }
    case 'fragment':
      return { label: 'fragment', text: `into ${text(step, 'pieces')} pieces for mtu ${text(step, 'mtu')}`, depth: 0 }
    case 'reassemble':
      return { label: 'reassemble', text: `${text(step, 'pieces')} fragments are one datagram again`, depth: 0 }
    case 'redirect':
      return { label: 'redirect', text: `tells ${text(step, 'to')} to use ${text(step, 'gateway')}`, depth: 0 }
    case 'deliver':
      return {
        label: 'deliver',
        text: `✔ ${text(step, 'what')}${step.detail.assumed === true ? ' (assumed)' : ''}`,
        depth: 0,
        tone: 'good',
      }
    case 'socket':
      return {
        label: 'program',
        text: `${text(step, 'what')}: ${step.action}`,
        depth: 0,
        ...(step.action === 'ok' ? {} : { tone: 'bad' as const }),
      }
    case 'drop':
      return {
        label: 'drop',
        text: `✘ ${step.action.replaceAll('_', ' ')}${text(step, 'detail') === '' ? '' : `: ${text(step, 'detail')}`}`,
        depth: 0,
        tone: 'bad',
      }
    case 'reject':
      return { label: 'reject', text: `answers with ${step.action}`, depth: 0, tone: 'bad' }
    case 'log':
      return { label: 'log', text: text(step, 'prefix'), depth: 0 }
    default:
      return verbosity < 1 ? undefined : { label: step.type, text: step.action, depth: 0 }
  }
}

const ORIGIN: Readonly<Record<string, string>> = {
  socket: 'send',
  icmp_error: 'icmp error',
  reject: 'reject',
  encap: 'outer',
  arp: 'arp',
  nd: 'nd',
  redirect: 'redirect',
}

function depthOf(step: Step): number {
  return typeof step.detail.depth === 'number' ? step.detail.depth : 0
}

function devices(step: Step): string {
  const from = text(step, 'inDev')
  const to = text(step, 'outDev')
  const parts = [
    from === '' ? '' : `in ${from}`,
    to === '' ? '' : `out ${to}`,
    step.detail.bridged === true ? '(bridged)' : '',
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** `nat KUBE-SERVICES 3  -d 10.96.0.10/32 -p tcp --dport 80 -j KUBE-SVC-…  "default/web:http cluster IP"`. */
function ruleText(step: Step): string {
  const comment = text(step, 'comment')
  const words = text(step, 'text')
    .replace(/^-A \S+ ?/, '')
    .replace(/-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) ?/, '')
    .replace(/-m (?:tcp|udp|sctp) (?=--)/, '')
    .trim()
  const chain = `${depthOf(step) === 0 ? `${text(step, 'table')} ` : ''}${text(step, 'chain')} ${text(step, 'index')}`
  return `${chain}  ${words}${comment === '' ? '' : `  "${comment}"`}`
}

function statisticText(step: Step): string {
  const numerator = Number(step.detail.numerator)
  const denominator = Number(step.detail.denominator)
  const outcome = step.action === 'match' ? '✔ taken' : '✘ not taken'
  if (text(step, 'mode') === 'nth') return `statistic nth: ${outcome}`
  return `statistic: ${outcome}, drawn with p ≈ ${(numerator / denominator).toFixed(4)} (${numerator}/${denominator})`
}

function natLine(step: Step): StepLine {
  const [change] = step.changes
  const reverse = step.action === 'un-translate'
  const old = change === undefined ? '' : `${change.field} ${change.old} → ${change.new}`
  return { label: reverse ? 'un-NAT' : 'NAT', text: old, depth: 0, tone: 'change' }
}

function changeText(step: Step): string {
  return step.changes.map(change => `${change.field} ${change.old} → ${change.new}`).join(', ')
}

function conntrackLine(step: Step, verbosity: number): StepLine | undefined {
  const entry = text(step, 'entry')
  if (step.action === 'new')
    return verbosity < 1 ? undefined : { label: 'conntrack', text: `new: ${entry}`, depth: 0, tone: 'quiet' }
  if (step.action === 'confirm') return { label: 'conntrack', text: `entered: ${entry}`, depth: 0 }
  if (step.action === 'match') {
    return {
      label: 'conntrack',
      text: `${text(step, 'state')} (${text(step, 'direction')})${verbosity < 1 ? '' : `: ${entry}`}`,
      depth: 0,
    }
  }
  if (step.action === 'invalid')
    return { label: 'conntrack', text: 'INVALID: belongs to no known flow', depth: 0, tone: 'bad' }
  return verbosity < 1 ? undefined : { label: 'conntrack', text: `${step.action}: ${entry}`, depth: 0, tone: 'quiet' }
}

function routeText(step: Step): string {
  const route = text(step, 'route')
  const again = text(step, 'hook') === 'reroute' ? ' (looked up again)' : ''
  const dev = text(step, 'dev')
  return route === '' ? `${step.action}${dev === '' ? '' : ` dev ${dev}`}${again}` : `${route}${again}`
}

function neighbourLine(step: Step, verbosity: number): StepLine | undefined {
  const who = `${text(step, 'addr')} on ${text(step, 'dev')}`
  if (step.action === 'failed')
    return { label: 'neighbour', text: `✘ nobody answers for ${who}`, depth: 0, tone: 'bad' }
  if (step.action === 'hit')
    return verbosity < 1
      ? undefined
      : { label: 'neighbour', text: `${who} is at ${text(step, 'mac')}`, depth: 0, tone: 'quiet' }
  if (step.action === 'queued')
    return { label: 'neighbour', text: `waits until ${who} has answered (ARP or ND)`, depth: 0, tone: 'quiet' }
  return verbosity < 1 ? undefined : { label: 'neighbour', text: `${step.action} ${who}`, depth: 0, tone: 'quiet' }
}

function fdbLine(step: Step, verbosity: number): StepLine | undefined {
  if (step.action === 'learn') return undefined
  const ports = Array.isArray(step.detail.ports) ? step.detail.ports.join(', ') : ''
  const dev = text(step, 'dev')
  if (step.action === 'flood')
    return { label: 'bridge', text: `${dev} does not know ${text(step, 'mac')} and floods it to ${ports}`, depth: 0 }
  if (step.action === 'local')
    return verbosity < 1
      ? undefined
      : { label: 'bridge', text: `${dev} takes the frame itself`, depth: 0, tone: 'quiet' }
  if (step.action === 'none')
    return { label: 'fdb', text: `✘ ${dev} has no entry for ${text(step, 'mac')}`, depth: 0, tone: 'bad' }
  return { label: 'fdb', text: `${dev}: ${text(step, 'entry') || `${text(step, 'mac')} → ${ports}`}`, depth: 0 }
}
