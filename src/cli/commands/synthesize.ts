import { stringify } from 'yaml'
import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import { PolicyEngine, protocolIndex } from '../../netpol/index.ts'
import {
  type Flow,
  policyFlows,
  provePolicies,
  readExpectations,
  readFlows,
  resolveEnd,
  synthesizePolicies,
} from '../../probe/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions } from '../policy-options.ts'
import { readText } from '../read-inputs.ts'
import { writeOut } from '../write-out.ts'

interface SynthesizeOptions extends PolicyCliOptions {
  readonly flows?: string
  readonly fromExpect?: string
  readonly dns: boolean
}

/** `kubehop synthesize`: policies on standard output, the proof as a comment at their end. Exit 1 when the proof fails. */
export async function synthesizeCommand(options: SynthesizeOptions): Promise<number> {
  const cluster = await loadFromOptions(options)
  const engine = new PolicyEngine(cluster.snapshot, policyOptions(options))
  const flows = await readGiven(cluster, engine, options)
  if (flows.length === 0) throw new KubehopError('KH_USAGE', 'there are no flows: nothing to allow')
  const policies = synthesizePolicies(engine, flows, options.dns)
  const { missing, extra, pairs } = provePolicies(engine, policies, flows, options.dns)
  await writeOut(policies.map(policy => `---\n${stringify(policy, { aliasDuplicateObjects: false })}`).join(''))
  const verdict =
    missing.length === 0 && extra.length === 0
      ? `# proven on ${pairs} pairs of workloads: the ${flows.length} given flows are allowed, nothing else is\n`
      : [...missing.map(one => `# NOT allowed: ${one}\n`), ...extra.map(one => `# also allowed: ${one}\n`)].join('')
  await writeOut(verdict)
  return missing.length === 0 && extra.length === 0 ? 0 : 1
}

async function readGiven(cluster: Cluster, engine: PolicyEngine, options: SynthesizeOptions): Promise<readonly Flow[]> {
  const { namespace } = options
  if (options.flows !== undefined) {
    const lines = readFlows(options.flows, await readText(options.flows))
    return lines.flatMap(({ from, to, protocol, port }) =>
      policyFlows(cluster, engine, { from, to, namespace, protocol, ...(port === undefined ? {} : { port }) }),
    )
  }
  if (options.fromExpect === undefined)
    throw new KubehopError('KH_USAGE', 'give the flows with --flows FILE or --from-expect FILE')
  const expectations = readExpectations(options.fromExpect, await readText(options.fromExpect))
  return expectations
    .filter(one => one.kind !== 'deny' && one.quantifier !== 'none')
    .flatMap(({ from, to, ports, place }) => {
      if (ports.length === 0) throw new KubehopError('KH_USAGE', 'an expectation without a port names no flow', place)
      const sources = from.flatMap(text => resolveEnd(engine, text, place))
      const targets = to.flatMap(text => resolveEnd(engine, text, place))
      return sources.flatMap(source =>
        targets.flatMap(target =>
          ports.map(
            ({ protocol, port }): Flow => ({ from: source, to: target, protocol: protocolIndex(protocol), port }),
          ),
        ),
      )
    })
}
