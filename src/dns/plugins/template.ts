import { KubehopError } from '../../errors.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { normalizeZone } from '../corefile/zones.ts'
import { inZones } from '../in-zones.ts'
import type { Next, Plugin, PluginSetup, Serving, State } from '../plugin.ts'
import {
  CLASS_ANY,
  className,
  classNumber,
  longestZone,
  parseRr,
  RCODES,
  type Rr,
  rcodeNumber,
  replyTo,
  TYPES,
  typeName,
  typeNumber,
} from '../wire/index.ts'
import { type Groups, type RegularExpression, regularExpression } from './regular-expression.ts'

interface Rule {
  readonly cls: number
  readonly type: number
  readonly zones: readonly string[]
  readonly matches: readonly RegularExpression[]
  readonly sections: Readonly<Record<'answer' | 'additional' | 'authority', readonly string[]>>
  readonly rcode: number
  readonly fallthrough: readonly string[] | undefined
}

/** `template CLASS TYPE [ZONES…] { match REGEX…; answer|additional|authority RR; rcode CODE; fallthrough [ZONES…] }`. */
export const template: PluginSetup = {
  name: 'template',
  setup(c, site) {
    const rules: Rule[] = []
    while (c.next()) rules.push(parseRule(c, site.zones, site.remarks))
    return [new Template(rules)]
  },
}

function parseRule(c: Dispenser, blockZones: readonly string[], remarks: string[]): Rule {
  const [classText, typeText, ...zones] = c.remainingArgs()
  if (classText === undefined || typeText === undefined) throw c.argErr()
  const cls = classNumber(classText)
  if (cls === undefined) throw c.err(`invalid query class ${classText}`)
  const type = typeNumber(typeText)
  if (type === undefined) throw c.err(`invalid RR type ${typeText}`)
  const matches: RegularExpression[] = []
  const sections = { answer: [] as string[], additional: [] as string[], authority: [] as string[] }
  let rcode: number = RCODES.NOERROR
  let fallthrough: readonly string[] | undefined
  while (c.nextBlock()) {
    const property = c.val
    const args = c.remainingArgs()
    switch (property) {
      case 'match':
        if (args.length === 0) throw c.argErr()
        matches.push(...args.map(text => regularExpression(text, c, go => `could not parse regex: ${text}, ${go}`)))
        break
      case 'answer':
      case 'additional':
      case 'authority':
        if (args.length === 0) throw c.argErr()
        for (const text of args) checkTemplate(text, c)
        sections[property].push(...args)
        break
      case 'rcode': {
        const code = args.length === 1 ? rcodeNumber(args[0] ?? '') : undefined
        if (code === undefined) throw c.err(`unknown rcode ${args.join(' ')}`)
        rcode = code
        break
      }
      case 'fallthrough':
        fallthrough = args.length === 0 ? ['.'] : args.map(normalizeZone)
        break
      case 'ederror':
      case 'upstream':
        remarks.push(`template: ${property} has no effect here`)
        break
      default:
        throw c.argErr()
    }
  }
  if (matches.length === 0) matches.push(regularExpression('.*', c, go => go))
  return {
    cls,
    type,
    zones: zones.length === 0 ? blockZones : zones.map(normalizeZone),
    matches,
    sections,
    rcode,
    fallthrough,
  }
}

const EXPRESSION = /\{\{-?\s*(.*?)\s*-?\}\}/g
const FORMS =
  /^(?:\.(?:Name|Zone|Class|Type|Message\.Id|Question\.Name|Remote|(?:Group|Match)\.[A-Za-z_][A-Za-z0-9_]*)|index \.Match [0-9]+)$/

/** Of Go's templates the forms that the plugin's manual uses. */
function checkTemplate(text: string, c: Dispenser): void {
  for (const [, expression = ''] of text.matchAll(EXPRESSION)) {
    if (!FORMS.test(expression)) throw c.err(`the template expression ${JSON.stringify(expression)} is not simulated`)
  }
}

class Template implements Plugin {
  readonly name = 'template'
  readonly #rules: readonly Rule[]

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
  }

  *serve(state: State, next: Next): Serving {
    const { type, class: cls } = state.question
    for (const rule of this.#rules) {
      const zone = longestZone(rule.zones, state.name)
      if (
        zone === undefined ||
        (rule.cls !== CLASS_ANY && rule.cls !== cls) ||
        (rule.type !== TYPES.ANY && rule.type !== type)
      )
        continue
      const match = rule.matches.map(pattern => pattern.match(state.name)).find(found => found !== undefined)
      if (match === undefined) {
        if (rule.fallthrough !== undefined && inZones(rule.fallthrough, state.name)) continue
        state.notes.push({ plugin: this.name, text: 'the name fits no pattern, and no fallthrough: a server failure' })
        return { rcode: RCODES.SERVFAIL }
      }
      state.notes.push({ plugin: this.name, text: `the name fits a pattern for zone ${zone}` })
      if (rule.rcode === RCODES.SERVFAIL) return { rcode: RCODES.SERVFAIL }
      try {
        const records = (section: keyof Rule['sections']): Rr[] =>
          rule.sections[section].map(text => parseRr(render(text, state, zone, match), { origin: '.', ttl: 3600 }))
        const message = replyTo(state.query, {
          aa: true,
          rcode: rule.rcode,
          answer: records('answer'),
          authority: records('authority'),
          additional: records('additional'),
        })
        return { rcode: RCODES.NOERROR, message }
      } catch (error) {
        if (error instanceof KubehopError) return { rcode: RCODES.SERVFAIL, error: error.text }
        throw error
      }
    }
    return yield* next(state)
  }
}

function render(text: string, state: State, zone: string, match: Groups): string {
  return text.replace(EXPRESSION, (_, expression: string) => {
    const index = /^index \.Match ([0-9]+)$/.exec(expression)
    if (index !== null) return match(Number(index[1]))
    const group = /^\.(?:Group|Match)\.(.+)$/.exec(expression)
    if (group !== null) return match(group[1] ?? '')
    switch (expression) {
      case '.Zone':
        return zone
      case '.Class':
        return className(state.question.class)
      case '.Type':
        return typeName(state.question.type)
      case '.Message.Id':
        return String(state.query.id)
      case '.Remote':
        return state.client.address
      default:
        return state.name
    }
  })
}
