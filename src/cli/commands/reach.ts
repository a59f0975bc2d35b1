import { KubehopError } from '../../errors.ts'
import { PolicyEngine } from '../../netpol/index.ts'
import { type GroupBy, podFilter, ReachMatrix } from '../../probe/index.ts'
import { MATRIX_FORMATS, type MatrixFormat } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions, policyProtocol } from '../policy-options.ts'
import { writeOut } from '../write-out.ts'
import { reachExpect } from './reach-expect.ts'

export interface ReachOptions extends PolicyCliOptions {
  readonly proto?: string
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
  const cluster = await loadFromOptions(options)
  const engine = new PolicyEngine(cluster.snapshot, policyOptions(options))
  if (options.expect !== undefined) return reachExpect(cluster, engine, options.expect, options)
  const protocol = policyProtocol(options.proto)
  const matrix = new ReachMatrix(engine, {
    external: options.external,
    ...(protocol === undefined ? {} : { protocol }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.by === undefined ? {} : { by: options.by }),
    ...(options.from === undefined ? {} : { from: podFilter(options.from) }),
    ...(options.to === undefined ? {} : { to: podFilter(options.to) }),
  })
  const { output = 'text' } = options
  if (!isMatrixFormat(output))
    throw new KubehopError('KH_USAGE', `-o ${output} is for expectations: give them with --expect FILE`)
  let piece = ''
  for (const text of MATRIX_FORMATS[output](matrix)) {
    piece += text
    if (piece.length < PIECE) continue
    await writeOut(piece)
    piece = ''
  }
  await writeOut(piece)
  return 0
}

function isMatrixFormat(format: string): format is MatrixFormat {
  return Object.hasOwn(MATRIX_FORMATS, format)
}
