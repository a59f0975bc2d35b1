import { tryParseAddr } from '../../../wire/addr.ts'
import { Prefix, tryParseCidr } from '../../../wire/prefix.ts'
import type { State } from '../../plugin.ts'
import { className, encodeMessage, typeName } from '../../wire/index.ts'
import { RunError } from './run-error.ts'
import type { Type, Value } from './value.ts'

interface ViewFunction {
  readonly takes: readonly Type[]
  readonly gives: Type
  readonly run: (state: State, args: readonly Value[]) => Value
}

/** A UDP answer is never held to less. */
const LEAST_SIZE = 512
const TCP_SIZE = 65_535

const ask = (gives: Type, run: (state: State) => Value): ViewFunction => ({ takes: [], gives, run })

/** What an expression of `view` may ask about a query (plugin/pkg/expression). */
export const FUNCTIONS: Readonly<Record<string, ViewFunction>> = {
  bufsize: ask('int', ({ client, query }) =>
    client.protocol === 'tcp' ? TCP_SIZE : Math.max(LEAST_SIZE, query.edns?.udpSize ?? 0),
  ),
  class: ask('string', ({ question }) => className(question.class)),
  client_ip: ask('string', ({ client }) => bracketed(client.address)),
  do: ask('bool', ({ query }) => query.edns?.dnssecOk === true),
  id: ask('int', ({ query }) => query.id),
  name: ask('string', ({ name }) => name),
  opcode: ask('int', ({ query }) => query.opcode),
  port: ask('string', ({ client }) => String(client.port)),
  proto: ask('string', ({ client }) => client.protocol),
  server_ip: ask('string', ({ client }) => bracketed(client.localAddress ?? '')),
  server_port: ask('string', ({ client }) => String(client.localPort ?? 53)),
  size: ask('int', ({ query }) => encodeMessage(query).length),
  type: ask('string', ({ question }) => typeName(question.type)),
  incidr: {
    takes: ['string', 'string'],
    gives: 'bool',
    run(_, [ip, cidr]) {
      // An IPv6 address of client_ip() is in brackets, and fails here too.
      const addr = tryParseAddr(String(ip))
      if (addr === undefined) throw new RunError('first argument is not an IP address')
      const net = tryParseCidr(String(cidr))
      if (net === undefined) throw new RunError(`invalid CIDR address: ${cidr}`)
      return new Prefix(net.addr, net.length).contains(addr)
    },
  },
}

/** IPv6 addresses stand in brackets. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
