import { type PolicyEngine, protocolIndex, type TrafficEnd } from '../../../netpol/index.ts'
import { flowName } from '../end-name.ts'
import { explainFlow, type Flow } from '../why/index.ts'
import type { Expectation, ExpectationResult } from './expectation.ts'
import { withHypotheticalPods } from './hypothetical-pods.ts'
import { resolveEnd } from './resolve-end.ts'

/** Checks each expectation. Throws KH_ENDPOINT where one names something that does not exist. */
export function checkExpectations(
  engine: PolicyEngine,
  expectations: readonly Expectation[],
): readonly ExpectationResult[] {
  return expectations.map(expectation =>
    check(expectation.hypothetical ? withHypotheticalPods(engine, expectation) : engine, expectation),
  )
}

function check(engine: PolicyEngine, expectation: Expectation): ExpectationResult {
  const { kind, place, quantifier } = expectation
  const ends = (texts: readonly string[]): readonly TrafficEnd[] =>
    texts.flatMap(text => resolveEnd(engine, text, place))
  const from = ends(expectation.from)
  const to = ends(expectation.to)
  const wanted = kind !== 'deny' && quantifier !== 'none'
  const first = survey(engine, expectation, from, to, wanted)
  if (first.pairs === 0) {
    return {
      expectation,
      ok: false,
      pairs: 0,
      message: 'it is about no pair at all: one side means nobody',
      counterexample: undefined,
    }
  }
  const enough = quantifier === 'any' ? first.good > 0 : first.bad === undefined
  const found = enough ? undefined : first.bad
  if (found !== undefined) return failed(engine, expectation, first.pairs, found, wanted)
  if (kind !== 'only') return passed(expectation, first.pairs)
  const inside = new Set(from.map(endKey))
  const others = [
    ...[...engine.pods()].map((pod): TrafficEnd => ({ pod })),
    ...resolveEnd(engine, 'external', place),
  ].filter(end => !inside.has(endKey(end)))
  // No policy keeps a pod and its own node apart: that is no breach of an `only`.
  const second = survey(engine, expectation, others, to, false, true)
  const pairs = first.pairs + second.pairs
  return second.bad === undefined ? passed(expectation, pairs) : failed(engine, expectation, pairs, second.bad, false)
}

interface Survey {
  readonly pairs: number
  readonly good: number
  /** The first flow that is not as wanted. */
  readonly bad: Flow | undefined
}

function survey(
  engine: PolicyEngine,
  { ports }: Expectation,
  from: readonly TrafficEnd[],
  to: readonly TrafficEnd[],
  wanted: boolean,
  skipExceptions = false,
): Survey {
  const flows = ports.map(({ protocol, port }) => ({ protocol: protocolIndex(protocol), port }))
  const asked =
    flows.length > 0 ? flows : engine.vocabulary.ports.atoms.map(({ protocol, first }) => ({ protocol, port: first }))
  const seen = new Set<number>()
  let pairs = 0
  let good = 0
  let bad: Flow | undefined
  for (const source of from) {
    for (const target of to) {
      if (endKey(source) === endKey(target) || ('addr' in source && 'addr' in target)) continue
      const [a, b] = [engine.classOf(source) ?? 0, engine.classOf(target) ?? 0]
      const near = engine.isException(source, target)
      if (near && skipExceptions) continue
      const key = (a * 0x1000000 + b) * 2 + (near ? 1 : 0)
      if (seen.has(key)) continue
      seen.add(key)
      pairs++
      const wrong = asked.find(({ protocol, port }) => engine.allows(source, target, protocol, port) !== wanted)
      if (wrong === undefined) good++
      else bad ??= { from: source, to: target, ...wrong }
    }
  }
  return { pairs, good, bad }
}

function passed(expectation: Expectation, pairs: number): ExpectationResult {
  return { expectation, ok: true, pairs, message: 'holds', counterexample: undefined }
}

function failed(
  engine: PolicyEngine,
  expectation: Expectation,
  pairs: number,
  flow: Flow,
  wanted: boolean,
): ExpectationResult {
  const message = `${flowName(flow)} is ${wanted ? 'denied' : 'allowed'}`
  return { expectation, ok: false, pairs, message, counterexample: explainFlow(engine, flow) }
}

function endKey(end: TrafficEnd): string {
  return 'pod' in end ? `${end.pod.metadata.namespace}/${end.pod.metadata.name}` : `a${end.addr}`
}
