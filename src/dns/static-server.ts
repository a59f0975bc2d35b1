import { type Message, RCODES, type Rr, replyTo, TYPES } from './wire/index.ts'

/** Aliases that are followed in one answer. */
const MAX_CHAIN = 8

/**
 * A recursive server that knows a list of records and nothing else: what stands outside a cluster. Names that are not in the list, nor above one
 * that is, do not exist. `*` at the front of an owner stands for anything below.
 */
export function staticAnswer(records: readonly Rr[], query: Message): Message {
  const [question] = query.question
  if (question === undefined) return replyTo(query, { rcode: RCODES.FORMERR })
  const answer: Rr[] = []
  let name = question.name
  let exists = false
  for (let i = 0; i < MAX_CHAIN; i++) {
    const own = recordsOf(records, name)
    if (i === 0) exists = own.length > 0 || records.some(rr => rr.name.toLowerCase().endsWith(`.${name.toLowerCase()}`))
    const wanted = own.filter(rr => rr.type === question.type)
    answer.push(...wanted)
    const alias = own.find(rr => rr.type === TYPES.CNAME)
    if (wanted.length > 0 || alias?.data.kind !== 'name') break
    answer.push(alias)
    name = alias.data.name
  }
  return replyTo(query, { ra: true, rcode: exists ? RCODES.NOERROR : RCODES.NXDOMAIN, answer })
}

function recordsOf(records: readonly Rr[], name: string): Rr[] {
  const lower = name.toLowerCase()
  const own = records.filter(rr => rr.name.toLowerCase() === lower)
  const found =
    own.length > 0
      ? own
      : records.filter(rr => rr.name.startsWith('*.') && lower.endsWith(rr.name.slice(1).toLowerCase()))
  return found.map(rr => ({ ...rr, name }))
}
