import { KubehopError } from '../../errors.ts'
import { availability } from '../../probe/index.ts'
import { renderAvailability } from '../../report/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { writeOut } from '../write-out.ts'

interface AvailabilityOptions extends CommonOptions {
  readonly service: readonly string[]
}

/** `kubehop availability`: a table for each Service outside kube-system but the API server's. */
export async function availabilityCommand(options: AvailabilityOptions): Promise<number> {
  const cluster = await loadFromOptions(options)
  const own = cluster.snapshot.services.filter(
    ({ metadata, spec }) =>
      spec.type !== 'ExternalName' &&
      (options.service.length > 0
        ? options.service.includes(metadata.name) || options.service.includes(`${metadata.namespace}/${metadata.name}`)
        : metadata.namespace !== 'kube-system' &&
          !(metadata.namespace === 'default' && metadata.name === 'kubernetes')),
  )
  if (own.length === 0) throw new KubehopError('KH_ENDPOINT', 'there is no such Service')
  const tables = own.map(service => availability(cluster, service, { seed: options.seed }))
  if (options.output === 'json') await writeOut(`${JSON.stringify(tables, null, 2)}\n`)
  else {
    const format = options.output === 'md' ? 'md' : 'text'
    for (const [i, table] of tables.entries()) {
      await writeOut(
        `${i === 0 ? '' : '\n'}${format === 'md' ? '## ' : ''}Service ${table.service}\n\n${renderAvailability(table, format)}`,
      )
    }
  }
  return 0
}
