import { reachQuery } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { PolicyEngine } from '../../netpol/index.ts'
import { type GroupBy, ReachMatrix } from '../../probe/index.ts'
import { MATRIX_FORMATS, type MatrixFormat } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions } from '../policy-options.ts'
import { type Caller, type RemoteOptions, serverOf } from '../remote/caller.ts'
import { writeOut } from '../write-out.ts'
import { reachExpect } from './reach-expect.ts'

export interface ReachOptions extends PolicyCliOptions, RemoteOptions {
  readonly proto?: 'tcp' | 'udp' | 'sctp'
  readonly port?: number
  readonly by?: GroupBy
  readonly from?: string
  readonly to?: string
  readonly external: boolean
  readonly expect?: string
  readonly through?: string
}

/** Text is handed on in pieces of about this many characters. */
const PIECE = 1 << 16

/** `kubehop reach`. */
export async function reachCommand(options: ReachOptions): Promise<number> {
  const server = serverOf(options)
  if (server !== undefined) return reachRemote(server, options)
  const cluster = await loadFromOptions(options)
  const engine = new PolicyEngine(cluster.snapshot, policyOptions(options))
  if (options.expect !== undefined) return reachExpect(cluster, engine, options.expect, options)
  const matrix = new ReachMatrix(engine, reachQuery(options))
  const format = matrixFormat(options.output)
  let piece = ''
  for (const text of MATRIX_FORMATS[format](matrix)) {
    piece += text
    if (piece.length < PIECE) continue
    await writeOut(piece)
    piece = ''
  }
  await writeOut(piece)
  return 0
}

/** The same, asked of a server. */
async function reachRemote(server: Caller, options: ReachOptions): Promise<number> {
  const { proto, port, by, from, to, external, ipv6, profile } = options
  if (options.expect !== undefined)
    throw new KubehopError('KH_USAGE', '--expect checks what is loaded here: leave --server out')
  const { text = '' } = await server.call('reach', {
    external,
    profile,
    format: matrixFormat(options.output),
    ...(proto === undefined ? {} : { proto }),
    ...(port === undefined ? {} : { port }),
    ...(by === undefined ? {} : { by }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  })
  await writeOut(text)
  return 0
}

function matrixFormat(format = 'text'): MatrixFormat {
  if (isMatrixFormat(format)) return format
  throw new KubehopError('KH_USAGE', `-o ${format} is for expectations: give them with --expect FILE`)
}

function isMatrixFormat(format: string): format is MatrixFormat {
  return Object.hasOwn(MATRIX_FORMATS, format)
}
