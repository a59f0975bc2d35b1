import type { LabelSelector, Pod } from '../../controlplane/index.ts'
import type { Prefix } from '../../wire/prefix.ts'
import type { CompiledPolicy, CompiledRule, Peer, PortEntry, ProtocolIndex } from '../compile/compiled.ts'
import type { PolicyOptions } from '../options.ts'
import { CidrAtoms } from './cidr-atoms.ts'
import { eachNamedPort } from './declared-ports.ts'
import { PortAtoms } from './port-atoms.ts'

/**
 * What the policies in force can tell apart: label keys, names of ports, ranges of addresses and ports. It is made for a set of policies
 * and pods; `covers` says whether another policy needs nothing more, and then the classes stay as they are.
 */
export class Vocabulary {
  readonly keys = new Map<string, number>()
  readonly portNames = new Map<string, number>()
  readonly cidrs: CidrAtoms
  readonly ports: PortAtoms
  readonly usesNodes: boolean
  readonly usesBlocks: boolean
  readonly #family: 4 | 6
  readonly #values = new Map<string, number>()

  constructor(policies: Iterable<CompiledPolicy>, pods: Iterable<Pod>, options: PolicyOptions) {
    const cuts = [new Set<number>(), new Set<number>(), new Set<number>()] as const
    const prefixes: Prefix[] = []
    let usesNodes = false
    const parts: Parts = {
      key: key => {
        if (!this.keys.has(key)) this.keys.set(key, this.keys.size)
      },
      port: entry => {
        if (entry.name === undefined) cuts[entry.protocol].add(entry.first).add(entry.last + 1)
        else if (!this.portNames.has(entry.name)) this.portNames.set(entry.name, this.portNames.size)
      },
      prefix: prefix => prefixes.push(prefix),
      nodes: () => {
        usesNodes = true
      },
    }
    for (const policy of policies) visitPolicy(policy, parts)
    if (this.portNames.size > 0) {
      const visit = (name: string, protocol: ProtocolIndex, port: number): void => {
        if (this.portNames.has(name)) cuts[protocol].add(port).add(port + 1)
      }
      for (const pod of pods) eachNamedPort(pod, visit)
    }
    this.#family = options.family
    this.cidrs = new CidrAtoms(options.family, prefixes)
    this.ports = new PortAtoms(cuts)
    this.usesNodes = usesNodes
    this.usesBlocks = prefixes.length > 0
  }

  /** The number of a label value, from 1; 0 is for no value at all. */
  value(text: string): number {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    this.#values.set(text, this.#values.size + 1)
    return this.#values.size
  }

  /** Whether a policy can be evaluated on the classes that this vocabulary made. */
  covers(policy: CompiledPolicy): boolean {
    let covered = true
    visitPolicy(policy, {
      key: key => {
        covered &&= this.keys.has(key)
      },
      port: entry => {
        covered &&=
          entry.name === undefined
            ? this.ports.fits(entry.protocol, entry.first, entry.last)
            : this.portNames.has(entry.name)
      },
      prefix: prefix => {
        covered &&= this.usesBlocks && (prefix.family !== this.#family || this.cidrs.span(prefix) !== undefined)
      },
      nodes: () => {
        covered &&= this.usesNodes
      },
    })
    return covered
  }

  /** Whether the named ports of a pod begin and end where atoms do. */
  coversPod(pod: Pod): boolean {
    if (this.portNames.size === 0) return true
    let covered = true
    eachNamedPort(pod, (name, protocol, port) => {
      covered &&= !this.portNames.has(name) || this.ports.fits(protocol, port, port)
    })
    return covered
  }
}

interface Parts {
  key(key: string): void
  port(entry: PortEntry): void
  prefix(prefix: Prefix): void
  nodes(): void
}

function visitPolicy(policy: CompiledPolicy, parts: Parts): void {
  visitSelector(policy.subject.podSelector, parts)
  for (const rules of [policy.ingress, policy.egress]) for (const rule of rules ?? []) visitRule(rule, parts)
}

function visitRule(rule: CompiledRule, parts: Parts): void {
  for (const entry of rule.ports ?? []) parts.port(entry)
  for (const peer of rule.peers ?? []) visitPeer(peer, parts)
}

function visitPeer(peer: Peer, parts: Parts): void {
  if (peer.kind === 'pods') visitSelector(peer.podSelector, parts)
  else if (peer.kind === 'nodes') parts.nodes()
  else if (peer.kind === 'block') {
    parts.prefix(peer.cidr)
    for (const except of peer.except) parts.prefix(except)
  }
}

function visitSelector(selector: LabelSelector | undefined, parts: Parts): void {
  for (const key of Object.keys(selector?.matchLabels ?? {})) parts.key(key)
  for (const { key } of selector?.matchExpressions ?? []) parts.key(key)
}
