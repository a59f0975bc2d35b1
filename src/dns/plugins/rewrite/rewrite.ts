import { KubehopError } from '../../../errors.ts'
import type { Next, Outcome, Plugin, PluginSetup, Serving, State } from '../../plugin.ts'
import { withQuestion } from '../../plugin.ts'
import { checkName, type Message, nameRr, type Question, type Rr, TYPES } from '../../wire/index.ts'
import { ADDRESS_TYPES, changeValue, parseRules, type Rule } from './parse-rule.ts'

/** `rewrite [continue|stop] name|type|class|edns0|ttl|rcode|cname …`: questions on their way in, answers on their way out. */
export const rewrite: PluginSetup = {
  name: 'rewrite',
  setup(c, site) {
    const rules: Rule[] = []
    while (c.next()) rules.push(...parseRules(c, site))
    return [new Rewrite(rules)]
  },
}

class Rewrite implements Plugin {
  readonly name = 'rewrite'
  readonly #rules: readonly Rule[]

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
  }

  *serve(state: State, next: Next): Serving {
    let question: Question = { ...state.question, name: state.name }
    let { edns } = state.query
    const applied: Rule[] = []
    for (const rule of this.#rules) {
      if (rule.field === 'edns0') {
        const changed = rule.change(edns, withQuestion(state, question))
        edns = changed?.edns ?? edns
        if (changed?.applied !== true) continue
      } else {
        const changed = apply(rule, question)
        if (changed === undefined) continue
        question = changed
      }
      applied.push(rule)
      if (!rule.goOn) break
    }
    const asked = edns === state.query.edns ? state : { ...state, query: { ...state.query, edns } }
    // The answer goes by the EDNS of the query as it is now, whether the client sent any or not.
    const marked = (outcome: Outcome): Outcome =>
      asked === state || edns === undefined ? outcome : { edns, ...outcome }
    if (applied.length === 0) return marked(yield* next(asked))
    try {
      checkName(question.name)
    } catch (error) {
      if (error instanceof KubehopError) return { rcode: 2, error: `plugin/rewrite: ${error.text}` }
      throw error
    }
    if (question.name !== state.name) state.notes.push({ plugin: this.name, text: `asked as ${question.name}` })
    const outcome = marked(yield* next(withQuestion(asked, question)))
    const { message } = outcome
    if (message === undefined) return outcome
    let changed: Message = { ...message, question: [state.question] }
    for (const rule of applied.reverse()) changed = undo(rule, changed, state)
    const alias = applied.find(rule => rule.field === 'cname')
    return alias?.field === 'cname'
      ? yield* replaceAlias(alias.change, { ...outcome, message: changed }, state)
      : { ...outcome, message: changed }
  }
}

/** The question as a rule makes it; undefined when the rule does not apply. */
function apply(rule: Exclude<Rule, { field: 'edns0' }>, question: Question): Question | undefined {
  switch (rule.field) {
    case 'name': {
      const name = rule.change(question.name)
      return name === undefined ? undefined : { ...question, name }
    }
    case 'type':
    case 'class':
      return question[rule.field] === rule.from ? { ...question, [rule.field]: rule.to } : undefined
    case 'ttl':
    case 'rcode':
      return rule.matches(question.name) ? question : undefined
    case 'cname':
      return ADDRESS_TYPES.has(question.type) ? question : undefined
  }
}

function undo(rule: Rule, message: Message, state: State): Message {
  const each = (change: (rr: Rr) => Rr): Message => ({
    ...message,
    answer: message.answer.map(change),
    authority: message.authority.map(change),
    additional: message.additional.map(change),
  })
  switch (rule.field) {
    case 'name': {
      const first = (changes: readonly ((name: string) => string | undefined)[], name: string): string => {
        for (const change of changes) {
          const changed = change(name.toLowerCase())
          if (changed !== undefined) return changed
        }
        return name
      }
      return each(rr => {
        const owner = first(rule.back, rr.name)
        const asked = owner.toLowerCase() === state.name ? state.question.name : owner
        return changeValue({ ...rr, name: rr.type === TYPES.SOA ? rr.name : asked }, name => first(rule.values, name))
      })
    }
    case 'ttl':
      return each(rr => ({ ...rr, ttl: Math.min(Math.max(rr.ttl, rule.least), rule.most) }))
    case 'rcode':
      return rule.from === undefined || rule.from === message.rcode ? { ...message, rcode: rule.to } : message
    default:
      return message
  }
}

/** The first alias of an answer that the rule changes leads elsewhere: its new target is looked up. */
function* replaceAlias(
  change: (name: string) => string | undefined,
  outcome: Outcome & { readonly message: Message },
  state: State,
): Serving {
  const { message } = outcome
  for (const [i, rr] of message.answer.entries()) {
    const target = rr.data.kind === 'name' && rr.type === TYPES.CNAME ? change(rr.data.name.toLowerCase()) : undefined
    if (target === undefined) continue
    const found = yield* state.server.lookup(state, target, state.question.type)
    const answer = [
      ...message.answer.slice(0, i),
      nameRr(rr.name, rr.ttl, TYPES.CNAME, target),
      ...(found.message?.answer ?? []),
    ]
    return { ...outcome, message: { ...message, answer } }
  }
  return outcome
}
