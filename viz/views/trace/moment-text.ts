import type { Step } from '../../../src/trace/index.ts'
import type { Moment } from './moments.ts'

interface MomentText {
  readonly label: string
  readonly text: string
  readonly tone: Moment['tone']
}

type Writer = (step: Step, detail: (name: string) => string) => MomentText

/** What a step says, in the words of the terminal's trace. */
export function momentText(step: Step): MomentText {
  const detail = (name: string): string => {
    const value = step.detail[name]
    return value === undefined || value === null ? '' : String(value)
  }
  return (WRITERS[step.type] ?? other)(step, detail)
}

const say = (label: string, text: string, tone: Moment['tone'] = ''): MomentText => ({ label, text, tone })

/** Steps of types that are not known here are shown as they are. */
const other: Writer = ({ type, action }, detail) =>
  say(type, [action, detail('detail'), detail('what')].filter(text => text !== '').join(' '))

const ruleText = (detail: (name: string) => string) =>
  `${detail('table')} ${detail('chain')} ${detail('index')}  ${detail('text')}`

const WRITERS: Readonly<Record<string, Writer>> = {
  originate: (_, detail) => say('send', detail('packet')),
  tx: (_, detail) => say('transmit', `on ${detail('dev')}: ${detail('packet')}`),
  rx: (_, detail) => say('receive', `on ${detail('dev')}: ${detail('packet')}`, 'quiet'),
  hook: ({ action }, detail) => {
    const devices = [
      detail('inDev') === '' ? '' : `from ${detail('inDev')}`,
      detail('outDev') === '' ? '' : `to ${detail('outDev')}`,
    ]
    return say(
      'hook',
      `${action}${detail('bridged') === 'true' ? ' of the bridge' : ''} ${devices.join(' ')}`.trim(),
      'quiet',
    )
  },
  rule: ({ action }, detail) => say('rule', ruleText(detail), action === 'DROP' || action === 'REJECT' ? 'bad' : ''),
  ruleMiss: (_, detail) =>
    say('missed', `${ruleText(detail)}  ✘ ${detail('match')}: the packet has ${detail('actual')}`, 'quiet'),
  policy: ({ action }, detail) =>
    say('policy', `${detail('table')} ${detail('chain')} ${action}`, action === 'DROP' ? 'bad' : 'quiet'),
  statistic: ({ action }, detail) => {
    const chance = percent(Number(detail('numerator')), Number(detail('denominator')))
    return say('chance', `${action === 'match' ? '✔ drawn' : '✘ not drawn'}, ${chance}  ${ruleText(detail)}`, 'change')
  },
  recent: ({ action }, detail) =>
    say('recent', `${action === 'match' ? '✔' : '✘'} ${detail('operation')} ${detail('source')} in ${detail('list')}`),
  mark: ({ changes }) =>
    say('mark', changes.map(({ old, new: value }) => `${hex(old)} → ${hex(value)}`).join(', '), 'change'),
  nat: ({ action, changes }) =>
    say(
      action === 'un-translate' ? 'un-NAT' : 'NAT',
      changes.map(({ field, old, new: value }) => `${field} ${old} → ${value}`).join(', '),
      'change',
    ),
  conntrack: ({ action }, detail) =>
    say('conntrack', `${action} ${detail('state')} ${detail('direction')}  ${detail('entry')}`),
  route: (_, detail) => say('route', detail('route') === '' ? `${detail('hook')}: no route` : detail('route')),
  neighbour: (_, detail) => say('arp', `${detail('addr')} on ${detail('dev')} is ${detail('mac')}`, 'quiet'),
  fdb: ({ action }, detail) => say('bridge', `${detail('dev')}: ${action} ${detail('mac')}  ${detail('entry')}`),
  encap: (_, detail) =>
    say(
      'encap',
      `${detail('outer')}, ${detail('overhead')} bytes more (mtu ${detail('mtu')} of ${detail('dev')})`,
      'change',
    ),
  decap: (_, detail) => say('decap', `${detail('dev')} takes the frame out of ${detail('outer')}`, 'change'),
  ttl: ({ changes }) => say('ttl', changes.map(({ old, new: value }) => `${old} → ${value}`).join(', '), 'quiet'),
  deliver: (_, detail) =>
    say('deliver', `✔ ${detail('what')}${detail('assumed') === 'true' ? ' (assumed to listen)' : ''}`, 'good'),
  socket: ({ action }, detail) => say('socket', `${detail('what')} ${action}`, action === 'ok' ? 'good' : 'bad'),
  reject: ({ action }, detail) => say('reject', `✘ answered by ${action}  ${detail('text')}`, 'bad'),
  drop: ({ action }, detail) => say('drop', `✘ ${action} ${detail('detail')}  ${detail('text')}`.trim(), 'bad'),
}

function percent(numerator: number, denominator: number): string {
  const part = (100 * numerator) / denominator
  return `${part > 0 && part < 0.1 ? part.toPrecision(1) : part.toFixed(1)} %`
}

function hex(value: string | number): string {
  return `0x${Number(value).toString(16)}`
}
