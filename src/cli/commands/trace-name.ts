import { exploreTrace, type NameTarget, resolve, type TraceQuery, trace } from '../../probe/index.ts'
import { isGood, renderResolution, renderTrace } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'
import type { traceCommand } from './trace.ts'

/** `kubehop trace FROM NAME:PORT`: the lookups first, then the exchange with the first address that they gave. */
export async function traceNameCommand(
  from: string,
  target: NameTarget,
  options: Parameters<typeof traceCommand>[2],
): Promise<number> {
  const cluster = await loadFromOptions(options)
  const { namespace, seed, expect } = options
  const json = options.output === 'json'
  const settings = { seed, misses: options.verbose > 0 }
  const lookup = resolve(cluster, { from, name: target.name, namespace }, { ...settings, traces: json })
  const [address] = lookup.addresses
  if (address === undefined) {
    await writeOut(json ? `${JSON.stringify({ disposition: lookup.disposition, lookup }, null, 2)}\n` : renderLookup())
    return expect === lookup.disposition ? 0 : 1
  }
  const query: TraceQuery = {
    from,
    to: address.includes(':') ? `[${address}]:${target.port}` : `${address}:${target.port}`,
    namespace,
    count: options.count,
    ...(options.proto === undefined ? {} : { protocol: options.proto }),
    ...(options.sport === undefined ? {} : { sourcePort: options.sport }),
    ...(options.size === undefined ? {} : { size: options.size }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.df === true ? { df: true } : {}),
  }
  const result = options.all === true ? exploreTrace(cluster, query, settings) : trace(cluster, query, settings)
  if (json) await writeOut(`${JSON.stringify({ ...result, lookup }, null, 2)}\n`)
  else {
    const verbosity = options.quiet === true ? -1 : options.verbose
    await writeOut(`${renderLookup()}\n`)
    await writeOut(renderTrace(result, { style: styleFor(process.stdout, options.color), verbosity }))
  }
  const dispositions = result.branches?.map(branch => branch.trace.disposition) ?? [result.disposition]
  const good = dispositions.every(disposition =>
    expect === undefined ? isGood({ disposition }) : disposition === expect,
  )
  return good ? 0 : 1

  function renderLookup(): string {
    return renderResolution(lookup, { quiet: options.quiet === true, verbose: options.verbose > 0 })
  }
}
