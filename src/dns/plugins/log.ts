import { normalizeZone } from '../corefile/zones.ts'
import { inZones } from '../in-zones.ts'
import type { Outcome, PluginSetup, State } from '../plugin.ts'
import { className, encodeMessage, type Message, RCODES, rcodeName, replyTo, typeName } from '../wire/index.ts'

type ResponseClass = 'success' | 'denial' | 'error' | 'all'

interface Rule {
  readonly zones: readonly string[]
  readonly format: string
  readonly classes: ReadonlySet<ResponseClass>
}

const CLF = '{remote}:{port}'
const COMMON = `${CLF} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}`

/** `log [NAMES…] [FORMAT] { class success|denial|error|all… }`: one line a query. */
export const log: PluginSetup = {
  name: 'log',
  setup(c) {
    const rules: Rule[] = []
    while (c.next()) {
      const args = c.remainingArgs()
      const last = args.at(-1)
      const format = last?.includes('{') === true ? last : COMMON
      const names = format === COMMON ? args : args.slice(0, -1)
      const classes = new Set<ResponseClass>()
      while (c.nextBlock()) {
        if (c.val !== 'class') throw c.argErr()
        const wanted = c.remainingArgs()
        if (wanted.length === 0) throw c.argErr()
        for (const name of wanted) {
          if (name !== 'success' && name !== 'denial' && name !== 'error' && name !== 'all')
            throw c.err(`invalid Class: ${name}`)
          classes.add(name)
        }
      }
      if (classes.size === 0) classes.add('all')
      rules.push({
        zones: names.length === 0 ? ['.'] : names.map(normalizeZone),
        format: format.replaceAll('{common}', COMMON).replaceAll('{combined}', `${COMMON} "{>opcode}"`),
        classes,
      })
    }
    return [
      {
        name: 'log',
        *serve(state, next) {
          const outcome = yield* next(state)
          const rule = rules.find(candidate => inZones(candidate.zones, state.name))
          const message = outcome.message ?? replyTo(state.query, { rcode: outcome.rcode })
          if (rule !== undefined && (rule.classes.has('all') || rule.classes.has(classOf(message))))
            state.server.log(`[INFO] ${render(rule.format, state, outcome, message)}`)
          return outcome
        },
      },
    ]
  },
}

function classOf(message: Message): ResponseClass {
  if (message.rcode === RCODES.NXDOMAIN || (message.rcode === RCODES.NOERROR && message.answer.length === 0))
    return 'denial'
  return message.rcode === RCODES.NOERROR ? 'success' : 'error'
}

function render(format: string, state: State, outcome: Outcome, message: Message): string {
  const { client, question, query } = state
  const flags = ['qr', ...(['aa', 'tc', 'rd', 'ra', 'ad', 'cd'] as const).filter(flag => message[flag])]
  const fields: Readonly<Record<string, string>> = {
    remote: client.address.includes(':') ? `[${client.address}]` : client.address,
    port: String(client.port),
    '>id': String(query.id),
    type: typeName(question.type),
    class: className(question.class),
    name: state.name,
    proto: client.protocol,
    size: String(encodeMessage(query).length),
    '>do': String(query.edns?.dnssecOk ?? false),
    '>bufsize': String(client.protocol === 'tcp' ? 65535 : Math.max(512, query.edns?.udpSize ?? 512)),
    '>opcode': String(query.opcode),
    rcode: outcome.drop === true ? '-' : rcodeName(message.rcode),
    '>rflags': flags.join(','),
    rsize: String(encodeMessage(message).length),
    // Simulated time stands still while a server thinks.
    duration: '0.000000s',
  }
  return format.replace(
    /\{([^{}]+)\}/g,
    (whole, name: string) => fields[name] ?? (Object.hasOwn(fields, name) ? '' : whole),
  )
}
