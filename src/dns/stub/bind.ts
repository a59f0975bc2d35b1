import { RCODES, type Rr, TYPES } from '../wire/index.ts'
import { candidates } from './candidates.ts'
import { failed } from './glibc.ts'
import { dataOf, messageOf } from './replies.ts'
import type { StubLookup, StubReply, StubRequest, StubResolver, StubStep } from './stub.ts'

interface Tool {
  /** Types asked of the name that was found, behind the first. */
  readonly afterwards: readonly number[]
  readonly search: boolean
  /** EDNS UDP size and AD of every query. */
  readonly edns: number | undefined
  readonly ad: boolean
  readonly tries: number
}

/** The tools of BIND 9.18: one query at a time, each from a socket of its own; the search list with the first type only. */
function bindTool(tool: Tool): StubResolver {
  return function* (request: StubRequest): StubLookup {
    const { settings } = request
    const names = tool.search
      ? candidates(request.name, settings, false).names
      : [request.name.endsWith('.') ? request.name : `${request.name}.`]
    const type = request.types[0] ?? TYPES.A
    const sockets = { next: 0 }
    let nodata = false
    for (const name of names) {
      const reply = messageOf(yield* ask(tool, request, name, type, sockets))
      if (reply === undefined) return failed('EAI_AGAIN')
      if (reply.rcode !== RCODES.NOERROR) continue
      const records: Rr[] = [...dataOf(reply)]
      if (records.length === 0) {
        nodata = true
        continue
      }
      for (const more of request.types.length > 1 ? tool.afterwards : []) {
        const extra = messageOf(yield* ask(tool, request, name, more, sockets))
        if (extra !== undefined) records.push(...dataOf(extra))
      }
      return { records, found: name, error: undefined }
    }
    return failed(nodata ? 'EAI_NODATA' : 'NXDOMAIN')
  }
}

function* ask(
  tool: Tool,
  { settings }: StubRequest,
  name: string,
  type: number,
  sockets: { next: number },
): Generator<StubStep, StubReply | undefined, readonly StubReply[]> {
  for (let i = 0; i < tool.tries; i++) {
    for (const server of settings.servers) {
      const query = { name, type, server, edns: tool.edns, ad: tool.ad }
      const [reply] = yield { queries: [{ ...query, protocol: 'udp', socket: sockets.next++ }], timeout: 5000 }
      if (messageOf(reply)?.tc === true)
        return (yield { queries: [{ ...query, protocol: 'tcp', socket: sockets.next++ }], timeout: 5000 })[0]
      if (reply?.kind === 'answer' && reply.message.rcode !== RCODES.SERVFAIL) return reply
      if (reply?.kind === 'answer' && i === tool.tries - 1) return reply
    }
  }
  return undefined
}

const PLAIN = { search: true, edns: undefined, ad: false, tries: 2 } as const

export const bindNslookup = bindTool({ ...PLAIN, afterwards: [TYPES.AAAA] })
export const host = bindTool({ ...PLAIN, afterwards: [TYPES.AAAA, TYPES.MX] })
export const dig = bindTool({ afterwards: [], search: false, edns: 1232, ad: true, tries: 3 })
export const digSearch = bindTool({ afterwards: [], search: true, edns: 1232, ad: true, tries: 3 })
