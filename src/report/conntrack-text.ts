const TUPLE = /src=(\S+) dst=(\S+) (?:sport=(\d+) dport=(\d+)|type=(\d+) code=(\d+) id=(\d+))?/g

interface Tuple {
  readonly from: string
  readonly to: string
}

/**
 * A line of `conntrack -L` for reading: `10.244.1.2:4000 > 10.96.0.10:80, replies from 10.244.2.3:80 > 10.244.1.2:4000`. Replies are
 * only spoken of when address translation gives them another way than back.
 */
export function conntrackText(entry: string): string {
  const tuples = [...entry.matchAll(TUPLE)].map(
    ([, src = '', dst = '', sport, dport, , , id]): Tuple => ({
      from: end(src, sport),
      to: `${end(dst, dport)}${id === undefined ? '' : ` id ${id}`}`,
    }),
  )
  const [original, reply] = tuples
  if (original === undefined || reply === undefined) return entry
  const protocol = entry.slice(0, entry.search(/\s|$/))
  const way = `${protocol} ${original.from} > ${original.to}`
  const straight =
    reply.from === original.to.replace(/ id \d+$/, '') && reply.to.replace(/ id \d+$/, '') === original.from
  return straight ? way : `${way}, replies: ${reply.from} > ${reply.to}`
}

function end(address: string, port: string | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
