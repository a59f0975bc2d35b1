import { KubehopError } from '../../../errors.ts'
import type { PolicyProtocol } from '../../../netpol/index.ts'

export interface FlowLine {
  readonly from: string
  readonly to: string
  readonly protocol: PolicyProtocol
  /** Undefined: the port that TO has. */
  readonly port: number | undefined
  readonly line: number
}

const COUNT = 100_000

/** Reads flows: lines `FROM TO [[PROTOCOL/]PORT]`; `#` begins a comment. Throws KH_USAGE with the line, KH_LIMIT. */
export function readFlows(file: string, text: string): readonly FlowLine[] {
  const flows: FlowLine[] = []
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*$/, '').trim()
    if (line === '') continue
    if (flows.length >= COUNT) throw new KubehopError('KH_LIMIT', `more than ${COUNT} flows`, { file })
    const [from, to, port, ...rest] = line.split(/\s+/)
    const match = /^(?:(tcp|udp|sctp)\/)?(\d{1,5})$/i.exec(port ?? '')
    const number = match === null ? undefined : Number(match[2])
    const wrong = port !== undefined && !(number !== undefined && number >= 1 && number <= 65535)
    if (from === undefined || to === undefined || rest.length > 0 || wrong) {
      throw new KubehopError(
        'KH_USAGE',
        `${JSON.stringify(line.slice(0, 80))} is no flow; expected FROM TO [PROTOCOL/]PORT`,
        { file, line: i + 1 },
      )
    }
    const word = match?.[1]?.toUpperCase()
    flows.push({ from, to, protocol: word === 'UDP' || word === 'SCTP' ? word : 'TCP', port: number, line: i + 1 })
  }
  return flows
}
