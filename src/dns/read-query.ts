import { KubehopError } from '../errors.ts'
import { decodeHeader, decodeMessage, type Message, queryMessage, RCODES } from './wire/index.ts'

/** Why a message is no query that a server chain sees. */
export type BadQuery =
  | { readonly kind: 'ignore'; readonly why: string }
  | { readonly kind: 'reject'; readonly why: string; readonly reply: Message }

const OPCODE_QUERY = 0
const OPCODE_NOTIFY = 4

/**
 * Reads what a client sent as the DNS library of CoreDNS does (dns.Server, MsgAcceptFunc): no answer to less than a header and to
 * responses; FORMERR for anything but one question, for more records than a query has, and for what cannot be read; NOTIMP for other
 * opcodes.
 */
export function readQuery(bytes: Uint8Array): { readonly kind: 'query'; readonly query: Message } | BadQuery {
  if (bytes.length < 12) return { kind: 'ignore', why: 'shorter than a header: no answer' }
  const { id, flags, counts } = decodeHeader(bytes)
  if ((flags & 0x8000) !== 0) return { kind: 'ignore', why: 'a response where a query should be: no answer' }
  const opcode = (flags >> 11) & 15
  const reject = (rcode: number, why: string): BadQuery => ({
    kind: 'reject',
    why,
    reply: {
      ...queryMessage(id, '.', 1),
      question: [],
      qr: true,
      opcode,
      rcode,
      rd: opcode === OPCODE_QUERY && (flags & 0x100) !== 0,
    },
  })
  if (opcode !== OPCODE_QUERY && opcode !== OPCODE_NOTIFY)
    return reject(RCODES.NOTIMP, `opcode ${opcode} is not implemented`)
  const [questions, answers, authorities, additionals] = counts
  if (questions !== 1) return reject(RCODES.FORMERR, `${questions} questions where one is expected`)
  if (answers > 1 || authorities > 1 || additionals > 2) return reject(RCODES.FORMERR, 'more records than a query has')
  try {
    return { kind: 'query', query: decodeMessage(bytes) }
  } catch (error) {
    if (error instanceof KubehopError) return reject(RCODES.FORMERR, error.text)
    throw error
  }
}
