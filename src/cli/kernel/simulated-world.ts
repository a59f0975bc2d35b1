import { KubehopError } from '../../errors.ts'
import { type Client, type NetNamespace, setSysctl, showRouteGet, World } from '../../netns/index.ts'
import { setMtu } from '../../netns/link/index.ts'
import type { FdbSource } from '../../netns/model/fdb.ts'
import {
  applyAddress,
  applyNeighbour,
  applyRoute,
  applyRule,
  revokeAddress,
  revokeNeighbour,
  revokeRoute,
  revokeRule,
  setLinkUp,
} from '../../netns/route/index.ts'
import { addFdb, removeFdb } from '../../netns/sim/apply-fdb.ts'
import type { TraceEvent } from '../../trace/recorder.ts'
import { formatAddr, parseAddr } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import type { Experiment, Observation, Step, StepObservation } from './experiment.ts'
import { flowText } from './flow-text.ts'
import { frameText, type PortText } from './frame-text.ts'
import { isGroup, linesOf, neighbourText, nftLines } from './kernel-world.ts'
import { namespacesOf, PATIENCE } from './prepare.ts'

/**
 * The same experiment in the simulator. `times` says when the kernel's steps ended: what timers do, they do as late here. A step
 * that takes longer here takes longer.
 */
export function runSimulated(experiment: Experiment, port: PortText, times: readonly number[] = []): Observation {
  return new SimulatedWorld(experiment, port).run(times)
}

class SimulatedWorld {
  readonly #world = new World()
  readonly #experiment: Experiment
  readonly #port: PortText
  readonly #names: readonly string[]
  readonly #events: TraceEvent[] = []
  /** Sightings of each listener that were reported. */
  readonly #seen = new Map<object, number>()

  constructor(experiment: Experiment, port: PortText) {
    this.#experiment = experiment
    this.#port = port
    this.#names = namespacesOf(experiment.configs)
  }

  run(times: readonly number[]): Observation {
    const refused: Record<string, string> = {}
    const world = this.#world
    for (const config of this.#experiment.configs) {
      const problem = attempt(() => world.applyConfig(config))
      if (problem !== null) refused[config.name] = problem
    }
    world.run(world.sim.now + 10_000)
    world.sim.recorder = { misses: false, frames: true, record: event => this.#events.push(event) }
    const begin = world.sim.now
    const end = (i: number): number => begin + Math.round((times[i] ?? 0) * 1000)
    const steps =
      Object.keys(refused).length > 0 ? [] : this.#experiment.steps.map((step, i) => this.#step(step, begin, end(i)))
    return { refused, steps, ...this.#state() }
  }

  #step(step: Step, begin: number, end: number): StepObservation {
    const result = this.#act(step)
    const { sim } = this.#world
    this.#world.run(Math.max(sim.now + 1000, end))
    return { result, served: this.#served(), frames: this.#frames(), at: (sim.now - begin) / 1000 }
  }

  #act(step: Step): string {
    const world = this.#world
    switch (step.kind) {
      case 'wait':
        world.run(world.sim.now + step.ms * 1000)
        return 'ok'
      case 'udp': {
        const { port: dport, sport, connected, ...rest } = step
        const { sockets } = this.#ns(step.from)
        const client = sockets.sendUdp({
          ...common(rest),
          dport,
          payloadLength: rest.size ?? 4,
          ...(sport !== undefined && { sport }),
          ...(connected !== undefined && { connected }),
        })
        this.#await(client, step.patience)
        if (client.result !== 'ok' || client.from === null) return client.result
        return `ok from ${formatAddr(client.from)}:${this.#port(client.fromPort)} ttl${client.ttl} ${client.bytes} bytes`
      }
      case 'tcp': {
        const { port: dport, sport, ...rest } = step
        const { sockets } = this.#ns(step.from)
        const client = sockets.connectTcp({
          ...common(rest),
          dport,
          payloadLength: rest.size ?? 4,
          ...(sport !== undefined && { sport }),
        })
        this.#await(client, step.patience)
        return client.result === 'ok' ? `ok ${client.bytes} bytes` : client.result
      }
      case 'ping': {
        const client = this.#ns(step.from).sockets.ping({
          ...common(step),
          ...(step.size !== undefined && { size: step.size }),
          ...(step.id !== undefined && { id: step.id }),
        })
        this.#await(client, step.patience)
        const [reply] = client.replies
        if (client.result !== 'ok' || reply === undefined) return client.result
        return `ok from ${formatAddr(reply.from)} ttl${reply.ttl} ${reply.bytes} bytes`
      }
      case 'routeGet': {
        const ns = this.#ns(step.ns)
        const iif = step.iif === undefined ? undefined : ns.device(step.iif)
        return showRouteGet(ns, parseAddr(step.to), {
          ...(step.src !== undefined && { from: parseAddr(step.src) }),
          ...(iif !== undefined && { iif }),
          ...(step.mark !== undefined && { mark: step.mark }),
        }).trim()
      }
      case 'listen': {
        const { address, ...listener } = step.listener
        const made = this.#ns(step.ns).sockets.listen({
          ...listener,
          ...(address !== undefined && { address: parseAddr(address) }),
        })
        return typeof made === 'string' ? made : 'ok'
      }
      case 'unlisten': {
        const { sockets } = this.#ns(step.ns)
        const { protocol, port, address } = step.listener
        const bound = address === undefined ? null : parseAddr(address)
        for (const listener of [...sockets.listeners]) {
          if (listener.protocol === protocol && listener.port === port && listener.address === bound)
            sockets.unlisten(listener)
        }
        return 'ok'
      }
      default:
        return attempt(() => this.#change(step)) === null ? 'ok' : 'refused'
    }
  }

  #change(
    step: Exclude<Step, { readonly kind: 'udp' | 'tcp' | 'ping' | 'wait' | 'routeGet' | 'listen' | 'unlisten' }>,
  ): void {
    const ns = this.#ns(step.ns)
    switch (step.kind) {
      case 'rules':
        ns.netfilter.restore(step.family, step.text, { noflush: step.noflush ?? false })
        break
      case 'ipset':
        ns.ipsets.restore(step.text)
        break
      case 'sysctl':
        setSysctl(ns, step.name, step.value)
        break
      case 'flushConntrack':
        ns.conntrack.flush()
        break
      case 'link': {
        const dev = ns.device(step.dev)
        if (dev === undefined) throw new KubehopError('KH_LINK', `no device ${step.dev}`)
        if (step.mtu !== undefined) setMtu(dev, step.mtu)
        if (step.up !== undefined) setLinkUp(dev, step.up)
        break
      }
      case 'fdb':
        if (step.action === 'append') addFdb(ns, step.line)
        else removeFdb(ns, step.line)
        break
      case 'addr':
        if (step.action === 'add') applyAddress(ns, step.line)
        else revokeAddress(ns, step.line)
        break
      case 'route':
        if (step.action === 'add') applyRoute(ns, step.line)
        else if (!revokeRoute(ns, step.line)) throw new KubehopError('KH_ROUTE', 'no such route')
        break
      case 'rule':
        if (step.action === 'add') applyRule(ns, step.line)
        else if (!revokeRule(ns, step.line)) throw new KubehopError('KH_ROUTE', 'no such rule')
        break
      case 'neigh':
        if (step.action === 'add') applyNeighbour(ns, step.line)
        else revokeNeighbour(ns, step.line)
        break
    }
  }

  #await(client: Client, patience = PATIENCE): void {
    const world = this.#world
    for (let i = 0; i < patience + 2 && client.result === 'pending'; i++) world.run(world.sim.now + 1000)
  }

  #ns(name: string): NetNamespace {
    const ns = this.#world.namespace(name)
    if (ns === undefined) throw new Error(`the experiment has no namespace ${name}`)
    return ns
  }

  #served(): string[] {
    const lines: string[] = []
    for (const name of this.#names) {
      for (const listener of this.#world.namespace(name)?.sockets.listeners ?? []) {
        const from = this.#seen.get(listener) ?? 0
        this.#seen.set(listener, listener.seen.length)
        if (listener.protocol !== 'udp') continue
        for (const { peer, peerPort, local, ttl, length } of listener.seen.slice(from)) {
          lines.push(
            `${name} udp ${listener.port} ${formatAddr(peer)}:${this.#port(peerPort)} > ${formatAddr(local)} ttl${ttl} ${length} bytes`,
          )
        }
      }
    }
    return lines
  }

  #frames(): string[] {
    const frames: string[] = []
    for (const event of this.#events) {
      if ((event.kind !== 'tx' && event.kind !== 'rx') || event.frame === null) continue
      const text = frameText(event.frame, this.#port)
      if (text === null) continue
      frames.push(`${event.ns} ${event.dev} ${event.kind === 'tx' ? 'Out' : event.pktType} ${text}`)
    }
    this.#events.length = 0
    return frames
  }

  #state(): Pick<Observation, 'counters' | 'conntrack' | 'neighbours' | 'fdb'> {
    const { configs, steps } = this.#experiment
    const ruled = new Set<string>()
    for (const { name, iptables } of configs) for (const { family } of iptables) ruled.add(`${name} -${family}`)
    for (const step of steps) if (step.kind === 'rules') ruled.add(`${step.ns} -${step.family}`)
    const counters: Record<string, string[]> = {}
    const conntrack: Record<string, string[]> = {}
    for (const key of ruled) {
      const [name = '', family] = key.split(' ')
      const ns = this.#ns(name)
      counters[key] = linesOf(ns.netfilter.save(family === '-6' ? 6 : 4, undefined, { counters: true })).filter(
        line => !line.startsWith('#'),
      )
      conntrack[name] = linesOf(ns.conntrack.list())
        .map(line => flowText(line, this.#port))
        .sort()
    }
    for (const { name, nft } of configs) {
      if (nft === undefined) continue
      const ns = this.#ns(name)
      counters[`${name} nft`] = nftLines(ns.nft.list())
      conntrack[name] = linesOf(ns.conntrack.list())
        .map(line => flowText(line, this.#port))
        .sort()
    }
    const neighbours: Record<string, string[]> = {}
    const fdb: Record<string, string[]> = {}
    for (const name of this.#names) {
      const ns = this.#world.namespace(name)
      neighbours[name] = (ns?.neighbours.entries() ?? [])
        .filter(entry => entry.state !== 'NOARP')
        .map(({ addr, dev, mac, state }) => neighbourText(formatAddr(addr), dev.name, formatMac(mac), state))
        .sort()
      fdb[name] = (ns?.devices ?? [])
        .flatMap(dev => ('fdbEntries' in dev ? (dev as unknown as FdbSource).fdbEntries() : []))
        .filter(entry => !isGroup(formatMac(entry.mac)))
        .map(({ mac, dev, dst, master, permanent }) =>
          [
            formatMac(mac),
            'dev',
            dev,
            ...(dst === undefined ? [] : ['dst', formatAddr(dst)]),
            ...(master === undefined ? [] : ['master', master]),
            ...(permanent ? ['permanent'] : []),
          ].join(' '),
        )
        .sort()
    }
    return { counters, conntrack, neighbours, fdb }
  }
}

function common(step: {
  readonly to: string
  readonly src?: string
  readonly ttl?: number
  readonly df?: boolean
  readonly mark?: number
  readonly tos?: number
  readonly patience?: number
}) {
  const { to, src, ttl, df, mark, tos, patience = PATIENCE } = step
  return {
    dst: parseAddr(to),
    timeout: patience * 1000,
    ...(src !== undefined && { src: parseAddr(src) }),
    ...(ttl !== undefined && { ttl }),
    ...(df !== undefined && { df }),
    ...(mark !== undefined && { mark }),
    ...(tos !== undefined && { tos }),
  }
}

/** Null when it was done, else why Linux would refuse it. */
function attempt(action: () => unknown): string | null {
  try {
    action()
    return null
  } catch (error) {
    if (!(error instanceof KubehopError)) throw error
    return error.message
  }
}
