import { resolve } from '../../probe/index.ts'
import { renderResolution, renderTrace } from '../../report/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'

interface ResolveOptions extends CommonOptions {
  readonly from?: string
  readonly type: readonly string[]
  readonly resolver?: string
  readonly trace?: boolean
  readonly count: number
}

/** `kubehop resolve NAME`. Without --from: the first pod of the namespace, or the first node. */
export async function resolveCommand(name: string, options: ResolveOptions): Promise<number> {
  const cluster = await loadFromOptions(options)
  const { pods, nodes } = cluster.snapshot
  const first = pods.find(pod => pod.metadata.namespace === options.namespace && pod.spec.nodeName !== undefined)
  const from = options.from ?? (first === undefined ? `node/${nodes[0]?.metadata.name}` : `pod/${first.metadata.name}`)
  const resolution = resolve(
    cluster,
    {
      from,
      name,
      namespace: options.namespace,
      ...(options.type.length === 0 ? {} : { types: options.type }),
      ...(options.resolver === undefined ? {} : { resolver: options.resolver }),
    },
    {
      seed: options.seed,
      traces: options.trace === true || options.output === 'json',
      misses: options.verbose > 1,
      count: options.count,
    },
  )
  if (options.output === 'json') await writeOut(`${JSON.stringify(resolution, null, 2)}\n`)
  else {
    await writeOut(renderResolution(resolution, { quiet: options.quiet === true, verbose: options.verbose > 0 }))
    if (options.trace === true) {
      for (const query of resolution.queries) {
        if (query.trace === undefined) continue
        await writeOut(`\n── ${query.seq}. ${query.name} ${query.type}\n`)
        await writeOut(
          renderTrace(query.trace, { style: styleFor(process.stdout, options.color), verbosity: options.verbose }),
        )
      }
    }
  }
  return resolution.disposition === 'DELIVERED' ? 0 : 1
}
