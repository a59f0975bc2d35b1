import type { PacketCell } from '../../probe/index.ts'

/** What a run of packets through every pair came to: the number of questions, and the cells in which packets and policies differ. */
export interface PacketReachReport {
  readonly cni: string
  readonly questions: number
  readonly differences: readonly PacketCell[]
}

/** One line for each cell that differs, by reason, and a summary. */
export function packetReachText({ cni, questions, differences }: PacketReachReport): string {
  const count = questions - differences.length
  const lines = [
    `packets through ${cni}: ${questions} sent, ${count} ended as policies say, ${differences.length} did not`,
  ]
  const reasons = new Map<string, PacketCell[]>()
  for (const cell of differences) {
    const { code = 'path', text = '' } = cell.difference ?? {}
    // What is wrong on the way is told for each cell; the other reasons once.
    const key = code === 'path' ? `${code}\0${cell.from}\0${cell.to}\0${cell.port}` : `${code}\0${text}`
    reasons.set(key, [...(reasons.get(key) ?? []), cell])
  }
  for (const cells of reasons.values()) {
    const [first] = cells
    const { code = 'path', text = '', excused = false } = first?.difference ?? {}
    lines.push('', `${code}${excused ? ' (excused)' : ''}: ${text}`)
    for (const cell of cells) {
      lines.push(
        `  ${cell.from} -> ${cell.to} ${cell.protocol} ${cell.port}: policies ${cell.policy}, packets ${cell.packets}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}
