import type { Experiment, Step } from '../../../src/cli/kernel/experiment.ts'
import type { ListenerConfig } from '../../../src/netns/config.ts'
import type { ConnectOptions, PingOptions, UdpOptions } from '../../../src/netns/index.ts'
import { formatAddr } from '../../../src/wire/addr.ts'
import type { Scenario } from '../../netns/scenarios/scenario.ts'
import { Lab } from '../../support/lab.ts'

const MACHINES = ['ext', 'n1', 'n2', 'p1a', 'p1b', 'p2a']

/**
 * A measured scenario as an experiment: its topology and rules, and its probes one after the other. Null for one that puts
 * forged frames on a wire.
 */
export function fromScenario(scenario: Scenario): Experiment | null {
  const lab = new RecordingLab(scenario.lab)
  if (scenario.n1 !== undefined) lab.rules('n1', scenario.n1)
  if (scenario.n2 !== undefined) lab.rules('n2', scenario.n2)
  scenario.setup?.(lab)
  for (const probe of scenario.probes) if (probe(lab) === null) return null
  const configs = MACHINES.map(name => ({ ...lab.config(name), listeners: listeners(name) }))
  return { title: scenario.title, configs, steps: lab.steps }
}

/** A lab whose programs note what they would send. */
class RecordingLab extends Lab {
  readonly steps: Step[] = []

  override ns(name: string): ReturnType<Lab['ns']> {
    const ns = super.ns(name)
    const { sockets } = ns
    const note = <T>(step: Step, send: () => T): T => {
      this.steps.push(step)
      return send()
    }
    return new Proxy(ns, {
      get: (target, key) => {
        if (key !== 'sockets') return bound(target, key)
        return new Proxy(sockets, {
          get: (table, method) => {
            switch (method) {
              case 'sendUdp':
                return (o: UdpOptions) => note(udpStep(name, o), () => sockets.sendUdp(o))
              case 'connectTcp':
                return (o: ConnectOptions) => note(tcpStep(name, o), () => sockets.connectTcp(o))
              case 'ping':
                return (o: PingOptions) => {
                  for (let i = 1; i < (o.count ?? 1); i++) this.steps.push(pingStep(name, o))
                  return note(pingStep(name, o), () => sockets.ping(o))
                }
              default:
                return bound(table, method)
            }
          },
        })
      },
    })
  }
}

/** A member as the object itself has it: methods reach private fields only through their own object. */
function bound(target: object, key: string | symbol): unknown {
  const member: unknown = Reflect.get(target, key, target)
  return typeof member === 'function' ? member.bind(target) : member
}

function common(o: UdpOptions | ConnectOptions | PingOptions) {
  return {
    to: formatAddr(o.dst),
    ...(o.src !== undefined && { src: formatAddr(o.src) }),
    ...(o.ttl !== undefined && { ttl: o.ttl }),
    ...(o.df !== undefined && { df: o.df }),
    ...(o.mark !== undefined && { mark: o.mark }),
  }
}

function udpStep(from: string, o: UdpOptions): Step {
  return {
    kind: 'udp',
    from,
    ...common(o),
    port: o.dport,
    ...(o.sport !== undefined && { sport: o.sport }),
    ...(o.payloadLength !== undefined && { size: o.payloadLength }),
    ...(o.connected !== undefined && { connected: o.connected }),
  }
}

function tcpStep(from: string, o: ConnectOptions): Step {
  return { kind: 'tcp', from, ...common(o), port: o.dport, ...(o.sport !== undefined && { sport: o.sport }) }
}

function pingStep(from: string, o: PingOptions): Step {
  return { kind: 'ping', from, ...common(o), ...(o.size !== undefined && { size: o.size }) }
}

function listeners(name: string): ListenerConfig[] {
  const ports = name.startsWith('p') ? [8080, 9090] : [7000]
  return ports.flatMap(port =>
    (['udp', 'tcp'] as const).map(
      (protocol): ListenerConfig => ({
        protocol,
        port,
        program: 'server',
        assumed: false,
        replyFrom: name.startsWith('p') ? 'hit' : 'routed',
      }),
    ),
  )
}
