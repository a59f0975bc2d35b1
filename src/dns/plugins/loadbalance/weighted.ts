import { KubehopError } from '../../../errors.ts'
import { formatAddr, tryParseAddr } from '../../../wire/addr.ts'
import type { ServerContext } from '../../plugin.ts'
import { fqdn, type Message, type Rr, TYPES } from '../../wire/index.ts'
import { byKind } from './by-kind.ts'

/** Weights by name, then address. */
export type Weights = ReadonlyMap<string, ReadonlyMap<string, number>>

const TYPES_WITH_ADDRESSES: ReadonlySet<number> = new Set([TYPES.A, TYPES.AAAA, TYPES.SRV])

/** Reads a weight file: a name alone on its line, below it lines of an address and a weight from 1 to 255. Throws KH_COREFILE. */
export function parseWeights(text: string, file: string): Weights {
  const table = new Map<string, Map<string, number>>()
  const fail = (words: string): KubehopError => new KubehopError('KH_COREFILE', `${words} in weight file ${file}`)
  let name: string | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [first = '', weight, ...rest] = line.split(/\s+/)
    const addr = tryParseAddr(first)
    if (rest.length > 0)
      throw new KubehopError('KH_COREFILE', `could not parse weight line:"${line}" in weight file ${file}`)
    if (weight === undefined) {
      if (addr !== undefined)
        throw new KubehopError(
          'KH_COREFILE',
          `wrong domain name:"${first}" in weight file ${file}. (Maybe a missing weight value?)`,
        )
      name = fqdn(first)
      if (!table.has(name)) table.set(name, new Map())
      continue
    }
    if (addr === undefined) throw fail(`wrong IP address:"${first}"`)
    const value = /^[0-9]{1,3}$/.test(weight) ? Number(weight) : 0
    if (value < 1 || value > 255) throw fail(`wrong weight value:"${weight}"`)
    if (name === undefined) throw fail('missing domain name')
    const own = table.get(name)
    const key = formatAddr(addr)
    if (own?.has(key) === false) own.set(key, value)
  }
  return table
}

/** One address, drawn by weight, changes places with the first; the others stay (plugin/loadbalance/weighted.go). */
export function weighted(message: Message, table: Weights, server: ServerContext): Message {
  const type = message.question[0]?.type
  if (type === undefined || !TYPES_WITH_ADDRESSES.has(type)) return message
  const sorted = (rrs: readonly Rr[]): readonly Rr[] => {
    const { aliases, rest, addresses, exchanges } = byKind(rrs)
    return addresses.length === 0 ? rrs : [...aliases, ...rest, ...withTop(addresses, table, server), ...exchanges]
  }
  return { ...message, answer: sorted(message.answer), additional: sorted(message.additional) }
}

function withTop(addresses: readonly Rr[], table: Weights, server: ServerContext): readonly Rr[] {
  const weights = addresses.map(({ name, data }) =>
    data.kind === 'address' ? (table.get(name)?.get(data.address) ?? 1) : 1,
  )
  const drawn = server.pick(
    'weight of DNS addresses',
    weights.reduce((sum, weight) => sum + weight, 0),
  )
  let below = 0
  const top = weights.findIndex(weight => {
    below += weight
    return drawn < below
  })
  const order = [...addresses]
  const [first] = order
  const chosen = order[top]
  if (first === undefined || chosen === undefined) return order
  order[0] = chosen
  order[top] = first
  return order
}
