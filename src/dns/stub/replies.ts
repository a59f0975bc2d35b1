import { type Message, RCODES, type Rr } from '../wire/index.ts'
import type { StubReply } from './stub.ts'

/** Records of the type that was asked for, and the aliases on the way. */
export function dataOf(message: Message): readonly Rr[] {
  const type = message.question[0]?.type
  return message.rcode === RCODES.NOERROR && message.answer.some(rr => rr.type === type) ? message.answer : []
}

export function messageOf(reply: StubReply | undefined): Message | undefined {
  return reply?.kind === 'answer' ? reply.message : undefined
}
