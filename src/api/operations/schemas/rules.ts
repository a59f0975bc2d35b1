import { type Static, Type } from 'typebox'
import { RULE_KINDS } from '../../../probe/index.ts'
import { Fraction, maybe, ObjectRef, oneOf, Place } from './common.ts'

export const RuleView = Type.Object({
  /** 1 is the first. */
  index: Type.Integer(),
  /** As the real tool prints it. */
  text: Type.String(),
  comment: maybe(Type.String()),
  target: maybe(Type.String()),
  /** Chains of the same table that a packet may go to from here. */
  jumps: Type.Array(Type.String()),
  /** Sets of the same table that it looks into. */
  sets: Type.Array(Type.String()),
  packets: Type.Integer(),
  bytes: Type.Integer(),
  /** The object that it was written for. */
  object: maybe(ObjectRef),
  place: maybe(Place),
})
export type RuleView = Static<typeof RuleView>

export const ChainView = Type.Object({
  type: oneOf(['chain', 'set', 'server']),
  /** `filter`; `ip kube-proxy` of nft; `ipvs` and `ipset` for those. */
  table: Type.String(),
  name: Type.String(),
  /** Of a base chain: `PREROUTING`, `prerouting priority -110`. */
  hook: maybe(Type.String()),
  policy: maybe(Type.String()),
  rules: Type.Array(RuleView),
})
export type ChainView = Static<typeof ChainView>

export const NodeRules = Type.Object({
  revision: Type.Integer(),
  node: Type.String(),
  kind: oneOf(RULE_KINDS),
  proxyMode: Type.String(),
  /** As the real tool prints it, with counters. */
  text: Type.String(),
  /** Chains in the order of the text. A virtual server of IPVS and an ipset are chains too: their servers and members are the rules. */
  chains: Type.Array(ChainView),
})
export type NodeRules = Static<typeof NodeRules>

export const TrafficShareView = Type.Object({
  /** `cluster IP`, `external addresses, from outside`, … */
  traffic: Type.String(),
  refused: Type.Union([Type.Literal('REJECT'), Type.Literal('DROP'), Type.Null()]),
  endpoints: Type.Array(Type.Object({ endpoint: Type.String(), share: Fraction })),
})

export type TrafficShareView = Static<typeof TrafficShareView>

export const ServiceRules = Type.Object({
  revision: Type.Integer(),
  service: ObjectRef,
  proxyMode: Type.String(),
  nodes: Type.Array(
    Type.Object({
      node: Type.String(),
      ports: Type.Array(
        Type.Object({
          family: Type.Integer(),
          port: Type.String(),
          protocol: Type.String(),
          shares: Type.Array(TrafficShareView),
        }),
      ),
      rules: Type.Array(Type.Object({ rule: Type.String(), words: Type.String() })),
    }),
  ),
})
export type ServiceRules = Static<typeof ServiceRules>

export const ServiceView = Type.Object({
  revision: Type.Integer(),
  service: ObjectRef,
  type: Type.String(),
  clusterIPs: Type.Array(Type.String()),
  /** Hosts and paths of Ingresses that lead here. */
  ingresses: Type.Array(
    Type.Object({ ingress: ObjectRef, host: Type.String(), path: Type.String(), port: Type.String() }),
  ),
  ports: Type.Array(
    Type.Object({
      name: Type.String({ description: 'empty where it has none' }),
      port: Type.Integer(),
      protocol: Type.String(),
      nodePort: maybe(Type.Integer()),
      endpoints: Type.Array(
        Type.Object({
          /** `10.244.1.3:80`. */
          endpoint: Type.String(),
          ready: Type.Boolean(),
          node: maybe(Type.String()),
          pod: maybe(ObjectRef),
        }),
      ),
      /** What each node does, the same nodes together. */
      shares: Type.Array(
        Type.Object({
          nodes: Type.Array(Type.String()),
          family: Type.Integer(),
          traffic: Type.Array(TrafficShareView),
        }),
      ),
    }),
  ),
  /** What some flows did, each with a seed of its own. */
  observed: maybe(
    Type.Object({
      from: Type.String(),
      port: Type.Integer(),
      flows: Type.Integer(),
      seed: Type.Integer(),
      counts: Type.Array(Type.Object({ endpoint: Type.String(), flows: Type.Integer() })),
      failed: Type.Array(Type.Object({ disposition: Type.String(), flows: Type.Integer() })),
    }),
  ),
})
export type ServiceView = Static<typeof ServiceView>
