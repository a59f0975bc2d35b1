import {
  callOperation,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  Session,
} from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { ServerCaller } from './server-caller.ts'

/** Who answers the questions of a command: a cluster that it loads, or a server that has one. */
export interface Caller {
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>>
}

/** Options of a command that can also be asked of a server. */
export interface RemoteOptions extends CommonOptions {
  readonly server?: string
}

/** What `--server` names, else a session over what -f names. Throws KH_USAGE when both are given, and what loading throws. */
export async function callerFor(options: RemoteOptions): Promise<Caller> {
  const server = serverOf(options)
  if (server !== undefined) return server
  const session = new Session(await loadFromOptions(options))
  return { call: async (name, input) => callOperation(session, name, input) }
}

/** The server that `--server` names. Throws KH_USAGE when files are named too. */
export function serverOf(options: RemoteOptions): Caller | undefined {
  if (options.server === undefined) return undefined
  const { file, config, iptablesSave, ip6tablesSave } = options
  const cni = 'cni' in options ? options.cni : undefined
  const saved = iptablesSave.length + ip6tablesSave.length
  if (file.length > 0 || config !== undefined || cni !== undefined || saved > 0) {
    throw new KubehopError(
      'KH_USAGE',
      '--server asks the cluster that the server has: it goes without -f, --config, --cni and saved rules',
    )
  }
  return new ServerCaller(options.server, process.env.KUBEHOP_TOKEN)
}
