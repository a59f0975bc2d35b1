import {
  Cluster,
  type ClusterConfig,
  type ClusterInput,
  DEFAULT_CLUSTER,
  readConfig,
  type SavedRules,
  withCni,
} from '../cluster/index.ts'
import { KubehopError } from '../errors.ts'
import { printable } from '../report/index.ts'
import type { CommonOptions } from './common-options.ts'
import { readInputs, readText } from './read-inputs.ts'

/** The cluster that the options of a command name; warnings go to standard error unless quiet. */
export async function loadFromOptions(
  options: CommonOptions,
  adjust: (config: ClusterConfig) => ClusterConfig = config => config,
): Promise<Cluster> {
  const cluster = Cluster.load(await readClusterInput(options, adjust))
  if (options.quiet !== true) {
    for (const warning of cluster.warnings) {
      // A folder may hold the shape beside the manifests; read as such, there is nothing to warn of.
      if (options.config !== undefined && warning.startsWith(`${options.config}:`)) continue
      process.stderr.write(`warning: ${printable(warning)}\n`)
    }
  }
  return cluster
}

/** What the options of a command name, read and not yet loaded: plain JSON. */
export async function readClusterInput(
  options: CommonOptions,
  adjust: (config: ClusterConfig) => ClusterConfig = config => config,
): Promise<ClusterInput> {
  const shape =
    options.config === undefined ? DEFAULT_CLUSTER : readConfig(options.config, await readText(options.config))
  const config = adjust(options.cni === undefined ? shape : withCni(shape, options.cni))
  const rules = [
    ...(await Promise.all(options.iptablesSave.map(argument => readRules(argument, 4)))),
    ...(await Promise.all(options.ip6tablesSave.map(argument => readRules(argument, 6)))),
  ]
  const inputs = await readInputs(options.file, options.recursive)
  return { inputs, config, rules, seed: options.seed }
}

/** `NODE=FILE`. */
async function readRules(argument: string, family: 4 | 6): Promise<SavedRules> {
  const at = argument.indexOf('=')
  if (at < 1 || at === argument.length - 1) {
    const flag = family === 4 ? '--iptables-save' : '--ip6tables-save'
    throw new KubehopError('KH_USAGE', `${flag}: ${JSON.stringify(argument)} is not NODE=FILE`)
  }
  const source = argument.slice(at + 1)
  return { node: argument.slice(0, at), family, text: await readText(source), source }
}
