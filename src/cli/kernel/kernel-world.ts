import { type LabNamespace, type LabPlan, planLab, segmentNamespace, sysctlPath } from '../../export/index.ts'
import type { ListenerConfig } from '../../netns/config.ts'
import type { AgentReport, Job, KernelAgent, Lines } from './agent.ts'
import type { Experiment, Observation, Step, StepObservation } from './experiment.ts'
import { flowText } from './flow-text.ts'
import { frameText, type PortText } from './frame-text.ts'
import { namespacesOf, usesIpv6 } from './prepare.ts'

/** Hosts report their multicast groups at times of their own, and rules count that. */
const QUIET: readonly (readonly [path: string, value: string])[] = [['net/ipv4/igmp_link_local_mcast_reports', '0']]
/** Seconds that carriers may take to be noticed. */
const CARRIER = 3
/** Reports of group membership come at once, and are over before anything is watched. */
const MLD = 'mldv2_unsolicited_report_interval'
/** Milliseconds until all carriers are noticed. */
const LINKWATCH = 1100
/** Milliseconds for two reports. */
const MLD_WAIT = 15

/** Called when a world is built and before anything is asked, with what other programs can open to get into each namespace. */
export type OnBuilt = (paths: Readonly<Record<string, string>>) => Promise<void>

/** The experiment in the real kernel. `agent` is free before and after. */
export async function runInKernel(
  agent: KernelAgent,
  experiment: Experiment,
  port: PortText,
  onBuilt: OnBuilt = async () => {},
): Promise<Observation> {
  const world = new KernelWorld(agent, experiment, port, onBuilt)
  try {
    return await world.run()
  } finally {
    await agent.close()
  }
}

class KernelWorld {
  readonly #agent: KernelAgent
  readonly #experiment: Experiment
  readonly #port: PortText
  readonly #names: readonly string[]
  readonly #onBuilt: OnBuilt

  constructor(agent: KernelAgent, experiment: Experiment, port: PortText, onBuilt: OnBuilt) {
    this.#onBuilt = onBuilt
    this.#agent = agent
    this.#experiment = experiment
    this.#port = port
    this.#names = namespacesOf(experiment.configs)
  }

  async run(): Promise<Observation> {
    const refused = await this.#build()
    const steps: StepObservation[] = []
    if (Object.keys(refused).length === 0) for (const step of this.#experiment.steps) steps.push(await this.#step(step))
    return { refused, steps, ...(await this.#state()) }
  }

  async #build(): Promise<Record<string, string>> {
    const agent = this.#agent
    const { configs } = this.#experiment
    const segments = new Set(
      configs.flatMap(({ links }) => links.flatMap(link => (link.kind === 'physical' ? [link.segment] : []))),
    )
    const paths = await agent.create([...this.#names, ...[...segments].map(segmentNamespace)])
    const plan: LabPlan = planLab(configs, name => paths[name] ?? name, { quiet: true })
    const refused: Record<string, string> = {}
    const note = (ns: string, text: string): void => {
      refused[ns] ??= text.trim()
    }
    if (configs.some(usesIpv6))
      await agent.sysctl(
        this.#names.flatMap(ns => ['all', 'default'].map(where => [ns, `net/ipv6/conf/${where}/${MLD}`, '1'] as const)),
      )
    await agent.sysctl(
      plan.namespaces.flatMap(ns =>
        [...QUIET, ...withoutHurry(ns.sysctls)].map(([path, value]) => [ns.name, path, value] as const),
      ),
    )
    await this.#configure([[null, 'ip', numbered(plan.links)]], note)
    // IPv4 addresses and routes need no carrier: they go with the links. IPv6 begins when there is one.
    const ipv6 = configs.some(usesIpv6)
    const first = (ns: LabNamespace): string[] => [...ns.links, ...singleSegments(ns), ...(ipv6 ? [] : ns.ip)]
    await this.#configure(
      plan.namespaces.map(ns => [ns.name, 'ip', first(ns)]),
      note,
    )
    const devices = plan.namespaces.flatMap(ns => ns.devices.map(dev => [ns.name, dev] as const))
    await agent.running(devices, CARRIER)
    await agent.offload(this.#names)
    await agent.sysctl(
      plan.namespaces.flatMap(ns => ns.deviceSysctls.map(([path, value]) => [ns.name, path, value] as const)),
    )
    if (ipv6)
      await this.#configure(
        plan.namespaces.map(ns => [ns.name, 'ip', ns.ip]),
        note,
      )
    await this.#configure(
      plan.namespaces.map(ns => [ns.name, 'bridge', ns.bridge]),
      note,
    )
    if (ipv6) await agent.wait(MLD_WAIT)
    const rules = plan.namespaces.flatMap(ns => {
      const own: Job[] = []
      // One program does what several would one after the other, and stops where they would.
      if (ns.ipsets.length > 0)
        own.push({ ns: ns.name, argv: ['ipset', 'restore'], input: ns.ipsets.join('\n'), group: ns.name })
      for (const family of [4, 6] as const) {
        const texts = ns.iptables.filter(input => input.family === family).map(({ text }) => text)
        if (texts.length > 0) own.push(restoreJob(ns.name, family, texts.join('\n'), true))
      }
      for (const input of ns.nft) own.push({ ns: ns.name, argv: ['nft', '-f', '-'], input, group: ns.name })
      return own
    })
    await this.#runAll(rules, note)
    const listening = plan.namespaces.flatMap(ns => ns.listeners.map(listener => listenerItem(ns.name, listener)))
    await agent.listen(listening)
    await agent.capture(this.#names)
    await this.#onBuilt(paths)
    await agent.drain()
    return refused
  }

  async #runAll(jobs: readonly Job[], note: (ns: string, text: string) => void): Promise<void> {
    if (jobs.length === 0) return
    for (const [i, [status, , stderr]] of (await this.#agent.run(jobs)).entries()) {
      if (status !== 0) note(jobs[i]?.ns ?? '', `${jobs[i]?.argv[0]}: ${stderr}`)
    }
  }

  async #configure(jobs: readonly Lines[], note: (ns: string, text: string) => void): Promise<void> {
    const some = jobs.filter(([, , lines]) => lines.length > 0)
    if (some.length === 0) return
    for (const [i, [status, , stderr]] of (await this.#agent.configure(some)).entries()) {
      if (status !== 0) note(some[i]?.[0] ?? 'links', stderr)
    }
  }

  async #step(step: Step): Promise<StepObservation> {
    const agent = this.#agent
    switch (step.kind) {
      case 'udp':
      case 'tcp':
      case 'ping': {
        const { kind, from, to, patience, ...options } = step
        return this.#observe(await agent.probe({ kind, ns: from, to, patience, ...options }))
      }
      case 'wait':
        return this.#observe(await agent.wait(step.ms))
      case 'sysctl': {
        const failed = await agent.sysctl([[step.ns, sysctlPath(step.name), step.value]])
        return this.#observe(await agent.report(), failed.length === 0 ? 'ok' : 'refused')
      }
      case 'listen':
      case 'unlisten': {
        const { ns, protocol, port, address } = listenerItem(step.ns, step.listener)
        const result =
          step.kind === 'listen'
            ? (await agent.listen([listenerItem(step.ns, step.listener)]))[0]
            : await agent.unlisten({ ns, protocol, port, address })
        return this.#observe(await agent.report(), result)
      }
      default: {
        const [result] = await agent.run([jobOf(step)])
        const [status = 1, stdout = '', stderr = ''] = result ?? []
        const text = step.kind === 'routeGet' ? `${stdout}${stderr}`.trim() : status === 0 ? 'ok' : 'refused'
        // That a bridge has no port left, or a link no carrier, the kernel notices up to a second later (linkwatch).
        const late = step.kind === 'link' && step.up === false && status === 0
        return this.#observe(await (late ? agent.wait(LINKWATCH) : agent.report()), text)
      }
    }
  }

  #observe(report: AgentReport, result = report.result): StepObservation {
    const port = this.#port
    return {
      result: result.replace(
        /^(ok from \S+):(\d+)/,
        (_, from: string, number: string) => `${from}:${port(Number(number))}`,
      ),
      served: report.served
        .filter(([, protocol]) => protocol === 'udp')
        .map(
          ([ns, protocol, number, peer, peerPort, local, ttl, length]) =>
            `${ns} ${protocol} ${number} ${peer}:${port(peerPort)} > ${local} ttl${ttl} ${length} bytes`,
        ),
      frames: report.frames.flatMap(([, ns, dev, direction, bytes]) => {
        const text = frameText(Buffer.from(bytes, 'base64'), port)
        return text === null ? [] : [`${ns} ${dev} ${direction} ${text}`]
      }),
      at: report.at,
    }
  }

  async #state(): Promise<Pick<Observation, 'counters' | 'conntrack' | 'neighbours' | 'fdb'>> {
    const agent = this.#agent
    const { configs, steps } = this.#experiment
    const ruled = new Set<string>()
    for (const { name, iptables } of configs) for (const { family } of iptables) ruled.add(`${name} -${family}`)
    for (const step of steps) if (step.kind === 'rules') ruled.add(`${step.ns} -${step.family}`)
    const keys = [...ruled]
    const saved = await agent.run(
      keys.map(key => {
        const [ns = '', family] = key.split(' ')
        return { ns, argv: [family === '-6' ? 'ip6tables-save' : 'iptables-save', '-c'] }
      }),
    )
    const counters: Record<string, string[]> = {}
    for (const [i, key] of keys.entries())
      counters[key] = linesOf(saved[i]?.[1] ?? '').filter(line => !line.startsWith('#'))
    const native = configs.flatMap(({ name, nft }) => (nft === undefined ? [] : [name]))
    const lists = await agent.run(native.map(ns => ({ ns, argv: ['nft', 'list', 'ruleset'] })))
    for (const [i, ns] of native.entries()) counters[`${ns} nft`] = nftLines(lists[i]?.[1] ?? '')
    const conntrack: Record<string, string[]> = {}
    for (const ns of new Set([...keys.map(key => key.split(' ')[0] ?? ''), ...native])) {
      const text = await agent.read(ns, '/proc/self/net/nf_conntrack')
      conntrack[ns] = linesOf(text)
        .map(line => flowText(line, this.#port))
        .sort()
    }
    const neighbours: Record<string, string[]> = {}
    const fdb: Record<string, string[]> = {}
    for (const [ns, [v4 = [], v6 = [], bridged = []]] of Object.entries(await agent.neighbours(this.#names))) {
      neighbours[ns] = [...v4, ...v6]
        .filter(entry => entry.state !== 'NOARP')
        .map(({ addr, dev, mac, state }) => neighbourText(addr, dev, mac, state))
        .sort()
      fdb[ns] = bridged
        .filter(entry => entry.vlan === undefined && !isGroup(entry.mac))
        .map(({ mac, dev, addr, state, master }) =>
          [
            mac,
            'dev',
            dev,
            ...(addr === '' ? [] : ['dst', addr]),
            ...(master === undefined ? [] : ['master', master]),
            ...(state === 'PERMANENT' ? ['permanent'] : []),
          ].join(' '),
        )
        .sort()
    }
    return { counters, conntrack, neighbours, fdb }
  }
}

/** Whether a neighbour was confirmed a moment ago or is to be again is a matter of timing. */
export function neighbourText(addr: string, dev: string, mac: string, state: string): string {
  const known = ['REACHABLE', 'STALE', 'DELAY', 'PROBE'].includes(state)
  return known
    ? `${addr} dev ${dev} lladdr ${mac}`
    : state === 'PERMANENT'
      ? `${addr} dev ${dev} lladdr ${mac} PERMANENT`
      : `${addr} dev ${dev} ${state}`
}

export function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
}

/**
 * Lines of `nft list ruleset` without the tables of iptables. How long elements still have is a matter of timing; nft sorts
 * concatenations by their last part only, and those alike come as the kernel's hash has them: elements are sorted here.
 */
export function nftLines(text: string): string[] {
  const own = text.split(/^(?=table )/m).filter(table => !/^table ip6? (?:raw|mangle|nat|filter|security) /.test(table))
  return linesOf(
    own
      .join('')
      .replace(/ expires \S+/g, ' expires')
      .replace(/elements = \{([^}]*)\}/g, (_, elements: string) => {
        const sorted = elements.split(',').map(element => element.trim())
        return `elements = { ${sorted.sort().join(', ')} }`
      }),
  )
}

export function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line.trim() !== '')
}

/**
 * Where IPv6 is off from the start, saying so of the devices to come is enough: there is none yet but the loopback, which shows
 * nobody its IPv6. For all devices together the kernel wants the lock of all links, and tries again and again until it has it.
 */
function withoutHurry(sysctls: LabNamespace['sysctls']): LabNamespace['sysctls'] {
  const values = (where: string): readonly string[] =>
    sysctls.filter(([path]) => path === `net/ipv6/conf/${where}/disable_ipv6`).map(([, value]) => value)
  const ofDefault = values('default')
  if (ofDefault.length === 0 || [...values('all'), ...ofDefault].some(value => value !== '1')) return sysctls
  return sysctls.filter(([path]) => path !== 'net/ipv6/conf/all/disable_ipv6')
}

/** TCP sends one segment at a time, also where the device could cut a longer one by itself. */
function singleSegments(ns: LabNamespace): string[] {
  const names = new Set([
    'lo',
    ...ns.devices,
    ...ns.links.flatMap(line => /^link add name (\S+)/.exec(line)?.[1] ?? []),
  ])
  return [...names].map(name => `link set dev ${name} gso_max_segs 1`)
}

/**
 * Gives each end of a pair an index of its own. The kernel looks at once after a device whose index is not that of its peer
 * (linkwatch_urgent_event); two that are both the second of their namespace wait up to a second.
 */
export function numbered(links: readonly string[]): string[] {
  let index = 100
  return links.map(line => line.replace(/\bname \S+(?= netns)/g, name => `${name} index ${index++}`))
}

function batch(ns: string | null, program: 'ip' | 'bridge', lines: readonly string[]): Job {
  return { ns, argv: [program, '-batch', '-'], input: `${lines.join('\n')}\n`, ...(ns === null ? {} : { group: ns }) }
}

function restoreJob(ns: string, family: 4 | 6, text: string, noflush: boolean): Job {
  return {
    ns,
    argv: [family === 4 ? 'iptables-restore' : 'ip6tables-restore', ...(noflush ? ['--noflush'] : [])],
    input: text,
    group: ns,
  }
}

function listenerItem(ns: string, listener: ListenerConfig) {
  const { protocol, port, address = null, replyFrom = 'hit' } = listener
  return { ns, protocol, port, address, reply_from: replyFrom }
}

function jobOf(
  step: Exclude<Step, { readonly kind: 'udp' | 'tcp' | 'ping' | 'wait' | 'sysctl' | 'listen' | 'unlisten' }>,
): Job {
  const { ns } = step
  switch (step.kind) {
    case 'rules':
      return restoreJob(ns, step.family, step.text, step.noflush ?? false)
    case 'ipset':
      return { ns, argv: ['ipset', 'restore'], input: step.text }
    case 'flushConntrack':
      return { ns, argv: ['conntrack', '-F'] }
    case 'link':
      return batch(ns, 'ip', [
        ...(step.mtu === undefined ? [] : [`link set dev ${step.dev} mtu ${step.mtu}`]),
        ...(step.up === undefined ? [] : [`link set dev ${step.dev} ${step.up ? 'up' : 'down'}`]),
      ])
    case 'fdb':
      return batch(ns, 'bridge', [`fdb ${step.action} ${step.line}`])
    case 'routeGet': {
      const words = ['ip', 'route', 'get', step.to]
      if (step.src !== undefined) words.push('from', step.src)
      if (step.iif !== undefined) words.push('iif', step.iif)
      if (step.mark !== undefined) words.push('mark', String(step.mark))
      return { ns, argv: words }
    }
    default: {
      const verb = step.kind === 'neigh' && step.action === 'add' ? 'replace' : step.action
      const nodad = step.kind === 'addr' && step.action === 'add' && step.line.includes(':') ? ' nodad' : ''
      return batch(ns, 'ip', [`${step.kind} ${verb} ${step.line}${nodad}`])
    }
  }
}
