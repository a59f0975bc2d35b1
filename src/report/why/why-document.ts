import type { KubeObject } from '../../controlplane/index.ts'
import type { Place } from '../../errors.ts'
import { type DirectionExplanation, endName, type Fix, type FlowExplanation, type RuleName } from '../../probe/index.ts'
import type { PlaceOf } from './why-text.ts'

/** A rule of a policy, and where the user wrote it. */
export interface WhyRule extends Partial<Place> {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly path: string
}

/** What one end's policies say. */
export interface WhySide {
  readonly allowed: boolean
  readonly reason: string
  readonly selecting: readonly WhyRule[]
  readonly matching: readonly WhyRule[]
  readonly decided?: WhyRule
  readonly nearMisses: readonly (WhyRule & {
    readonly distance: number
    readonly misses: readonly { readonly kind: string; readonly text: string }[]
  })[]
}

/** Schema kubehop.dev/why/v1. */
export interface WhyDocument {
  readonly schema: 'kubehop.dev/why/v1'
  readonly from: string
  readonly to: string
  readonly protocol: string
  readonly port: number
  readonly allowed: boolean
  readonly exception?: string
  readonly egress: WhySide
  readonly ingress: WhySide
  readonly fixes: readonly {
    readonly direction: string
    readonly text: string
    readonly object: KubeObject
    readonly opens: readonly { readonly from: string; readonly to: string; readonly ports: string }[]
  }[]
}

/** An explanation as plain data, for JSON. */
export function whyDocument(explanation: FlowExplanation, fixes: readonly Fix[], placeOf: PlaceOf): WhyDocument {
  const { flow, allowed, exception } = explanation
  const rule = ({ policy, direction, index }: RuleName): WhyRule => {
    const path = index === undefined ? 'spec' : `spec.${direction}[${index}]`
    const place = placeOf(policy.object, path)
    const { kind, metadata } = policy.object
    return {
      kind,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name,
      path,
      ...place,
    }
  }
  const side = (one: DirectionExplanation): WhySide => ({
    allowed: one.allowed,
    reason: one.reason,
    selecting: one.selecting.map(policy => rule({ policy, direction: one.direction, index: undefined })),
    matching: one.matching.map(rule),
    ...(one.decided === undefined ? {} : { decided: rule(one.decided) }),
    nearMisses: one.nearMisses.map(miss => ({ ...rule(miss), distance: miss.misses.length, misses: miss.misses })),
  })
  return {
    schema: 'kubehop.dev/why/v1',
    from: endName(flow.from),
    to: endName(flow.to),
    protocol: (['TCP', 'UDP', 'SCTP'] as const)[flow.protocol],
    port: flow.port,
    allowed,
    ...(exception === undefined ? {} : { exception }),
    egress: side(explanation.egress),
    ingress: side(explanation.ingress),
    fixes: fixes.map(({ direction, text, object, opens }) => ({
      direction,
      text,
      object,
      opens: opens.map(({ from, to, text: ports }) => ({ from, to, ports })),
    })),
  }
}
