import { type DirectionExplanation, endName, type Fix, type FlowExplanation, type RuleName } from '../../probe/index.ts'
import type { PlaceOf } from './why-text.ts'

/** Schema kubehop.dev/why/v1. */
export function whyJson(explanation: FlowExplanation, fixes: readonly Fix[], placeOf: PlaceOf): string {
  const { flow, allowed, exception } = explanation
  const rule = ({ policy, direction, index }: RuleName): object => {
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
  const side = (one: DirectionExplanation): object => ({
    allowed: one.allowed,
    reason: one.reason,
    selecting: one.selecting.map(policy => rule({ policy, direction: one.direction, index: undefined })),
    matching: one.matching.map(rule),
    ...(one.decided === undefined ? {} : { decided: rule(one.decided) }),
    nearMisses: one.nearMisses.map(miss => ({ ...rule(miss), distance: miss.misses.length, misses: miss.misses })),
  })
  const document = {
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
  return `${JSON.stringify(document, null, 2)}\n`
}
