import { dnsFileOf } from '../../probe/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { writeOut } from '../write-out.ts'

/** `kubehop show NODE|POD resolv.conf|hosts`: files, not state of the network. */
export async function showDnsFileCommand(
  where: string,
  file: 'resolv.conf' | 'hosts',
  options: CommonOptions,
): Promise<number> {
  const cluster = await loadFromOptions(options)
  await writeOut(dnsFileOf(cluster, where, file, options.namespace))
  return 0
}
