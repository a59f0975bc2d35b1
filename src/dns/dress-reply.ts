import type { Message } from './wire/index.ts'

/** EDNS options that are sent back by themselves: NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING (plugin/pkg/edns). */
export const SUPPORTED_OPTIONS: readonly number[] = [3, 9, 10, 11, 12]

/**
 * Gives a reply the EDNS of its query (request.SizeAndDo): the same UDP size, version 0, DO as asked, the options that CoreDNS knows.
 * A reply that has options of its own keeps them; without EDNS in the query there is none in the reply.
 */
export function dressReply(reply: Message, query: Message, supported: ReadonlySet<number>): Message {
  const asked = query.edns
  if (asked === undefined) return reply.edns === undefined ? reply : { ...reply, edns: undefined }
  const options = reply.edns?.options ?? asked.options.filter(option => supported.has(option.code))
  return { ...reply, edns: { udpSize: asked.udpSize, version: 0, dnssecOk: asked.dnssecOk, options } }
}
