import { renderResolution, renderTrace } from '../../report/index.ts'
import { callerFor, type RemoteOptions } from '../remote/caller.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'

interface ResolveOptions extends RemoteOptions {
  readonly from?: string
  readonly type: readonly string[]
  readonly resolver?: string
  readonly trace?: boolean
  readonly count: number
}

/** `kubehop resolve NAME`. Without --from: the first pod of the namespace, or the first node. */
export async function resolveCommand(name: string, options: ResolveOptions): Promise<number> {
  const { from, namespace, seed, count, type: types, resolver } = options
  const json = options.output === 'json'
  const caller = await callerFor(options)
  const { resolution } = await caller.call('resolve', {
    name,
    namespace,
    seed,
    count,
    types: [...types],
    traces: options.trace === true || json,
    verbosity: Math.min(options.verbose, 2),
    ...(from === undefined ? {} : { from }),
    ...(resolver === undefined ? {} : { resolver }),
  })
  if (json) await writeOut(`${JSON.stringify(resolution, null, 2)}\n`)
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
