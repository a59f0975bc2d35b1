import { PolicyEngine } from '../../netpol/index.ts'
import { explainFlow, policyFlows, suggestFixes } from '../../probe/index.ts'
import { whyDocument, whyText } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions, policyProtocol } from '../policy-options.ts'
import { writeOut } from '../write-out.ts'

interface WhyOptions extends PolicyCliOptions {
  readonly proto?: string
  readonly port?: number
}

/** `kubehop why FROM TO`. */
export async function whyCommand(from: string, to: string, options: WhyOptions): Promise<number> {
  const cluster = await loadFromOptions(options)
  const engine = new PolicyEngine(cluster.snapshot, policyOptions(options))
  const protocol = policyProtocol(options.proto)
  const flows = policyFlows(cluster, engine, {
    from,
    to,
    namespace: options.namespace,
    ...(protocol === undefined ? {} : { protocol }),
    ...(options.port === undefined ? {} : { port: options.port }),
  })
  const explained = flows.map(flow => explainFlow(engine, flow))
  const shown = explained.find(one => !one.allowed) ?? explained[0]
  if (shown === undefined) return 1
  const fixes = suggestFixes(engine, shown)
  const placeOf = cluster.placeOf.bind(cluster)
  if (options.output === 'json') await writeOut(`${JSON.stringify(whyDocument(shown, fixes, placeOf), null, 2)}\n`)
  else {
    const denied = explained.filter(one => !one.allowed).length
    const several =
      flows.length > 1 ? `${to}: ${denied} of ${flows.length} endpoints are denied; this one is shown.\n` : ''
    await writeOut(`${several}${whyText(shown, fixes, placeOf)}`)
  }
  return explained.every(one => one.allowed) ? 0 : 1
}
