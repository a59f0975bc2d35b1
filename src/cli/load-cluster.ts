import { Cluster, DEFAULT_CLUSTER, readConfig } from '../cluster/index.ts'
import { readInputs, readText } from './read-inputs.ts'
import type { CommonOptions } from './run.ts'

/** The cluster that the options of a command name; warnings go to standard error unless quiet. */
export async function loadFromOptions(options: CommonOptions): Promise<Cluster> {
  const config =
    options.config === undefined ? DEFAULT_CLUSTER : readConfig(options.config, await readText(options.config))
  const inputs = await readInputs(options.file, options.recursive)
  const cluster = Cluster.load({ inputs, config, seed: options.seed })
  if (options.quiet !== true) for (const warning of cluster.warnings) process.stderr.write(`warning: ${warning}\n`)
  return cluster
}
