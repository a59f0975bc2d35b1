import { inZones } from '../../in-zones.ts'
import type { Next, Plugin, PluginSetup, Serving, State, UpstreamRequest } from '../../plugin.ts'
import { countLabels, longestZone, type Message, RCODES, rcodeName, replyTo, sameName } from '../../wire/index.ts'
import { type ForwardOptions, parseForward, type Upstream } from './options.ts'

/** A query is not worked on for longer (plugin/forward, defaultTimeout), milliseconds. */
const DEADLINE = 5000

/** `forward FROM TO… { … }`: asks other servers. Health is what queries show: there are no probes in between. */
export const forward: PluginSetup = {
  name: 'forward',
  setup(c, site) {
    const plugins: Forward[] = []
    while (c.next()) {
      const options = parseForward(c, site)
      site.upstreams.push(...options.to.map(upstream => upstream.address))
      plugins.push(new Forward(options))
    }
    // The longest zone first, as CoreDNS sorts them.
    return plugins.sort((a, b) => b.labels - a.labels)
  },
}

class Forward implements Plugin {
  readonly name = 'forward'
  readonly labels: number
  readonly #options: ForwardOptions
  readonly #fails = new Map<Upstream, number>()
  #inFlight = 0
  #turn = 0

  constructor(options: ForwardOptions) {
    this.#options = options
    this.labels = Math.max(...options.from.map(countLabels))
  }

  *serve(state: State, next: Next): Serving {
    const { from, except, maxConcurrent } = this.#options
    if (longestZone(from, state.name) === undefined || inZones(except, state.name)) return yield* next(state)
    if (maxConcurrent !== undefined && maxConcurrent > 0 && this.#inFlight >= maxConcurrent) {
      const error = `concurrent queries exceeded maximum ${maxConcurrent}`
      state.notes.push({ plugin: this.name, text: error })
      return { rcode: RCODES.REFUSED, error }
    }
    this.#inFlight++
    try {
      return yield* this.#ask(state, next)
    } finally {
      this.#inFlight--
    }
  }

  *#ask(state: State, next: Next): Serving {
    const { failover, maxConnectAttempts } = this.#options
    const deadline = state.server.now() + DEADLINE
    const list = this.#order(state)
    let error = 'no healthy proxies'
    let tcp = this.#options.forceTcp || (state.client.protocol === 'tcp' && !this.#options.preferUdp)
    const most = Math.max(1, maxConnectAttempts === 0 ? 2 * list.length : maxConnectAttempts)
    for (let attempt = 0; attempt < most && state.server.now() < deadline; attempt++) {
      const upstream = this.#pick(list, attempt, state)
      if (upstream === undefined) break
      const request: UpstreamRequest = {
        address: upstream.address,
        port: upstream.port,
        protocol: tcp ? 'tcp' : 'udp',
        message: state.query,
        timeout: Math.min(this.#options.readTimeout, Math.max(1, deadline - state.server.now())),
      }
      const answer = yield request
      const where = `${upstream.address}:${upstream.port}`
      if (answer.kind === 'error') {
        error = answer.text
        state.notes.push({ plugin: this.name, text: `${where} (${request.protocol}): ${answer.text}` })
        this.#fails.set(upstream, (this.#fails.get(upstream) ?? 0) + 1)
        continue
      }
      this.#fails.delete(upstream)
      const { message } = answer
      if (message.tc && !tcp && this.#options.preferUdp) {
        tcp = true
        attempt--
        continue
      }
      state.notes.push({
        plugin: this.name,
        text: `${where} (${request.protocol}) answers ${rcodeName(message.rcode)}`,
      })
      if (!matches(state.query, message))
        return { rcode: RCODES.NOERROR, message: replyTo(state.query, { rcode: RCODES.FORMERR }) }
      if (failover.includes(message.rcode) && attempt + 1 < most && list.length > 1) continue
      const nodata = message.rcode === RCODES.NOERROR && message.answer.length === 0
      if (this.#options.next.includes(message.rcode) || (this.#options.nextOnNodata && nodata))
        return yield* next(state)
      return { rcode: RCODES.NOERROR, message: { ...message, id: state.query.id } }
    }
    return { rcode: RCODES.SERVFAIL, error }
  }

  #order(state: State): readonly Upstream[] {
    const { to, policy } = this.#options
    const start =
      policy === 'sequential'
        ? 0
        : policy === 'round_robin'
          ? this.#turn++ % to.length
          : state.server.pick('forward to', to.length)
    return [...to.slice(start), ...to.slice(0, start)]
  }

  /** Servers that failed too often are passed over; when all did, one is tried all the same. */
  #pick(list: readonly Upstream[], attempt: number, state: State): Upstream | undefined {
    const { maxFails } = this.#options
    const up = maxFails === 0 ? list : list.filter(upstream => (this.#fails.get(upstream) ?? 0) < maxFails)
    if (up.length > 0) return up[attempt % up.length]
    return list[state.server.pick('forward to, all are down', list.length)]
  }
}

/** Whether a reply is one to this query (request.Match). */
function matches(query: Message, reply: Message): boolean {
  const [asked] = query.question
  const [answered] = reply.question
  return (
    reply.qr &&
    asked !== undefined &&
    answered !== undefined &&
    sameName(asked.name, answered.name) &&
    asked.type === answered.type
  )
}
