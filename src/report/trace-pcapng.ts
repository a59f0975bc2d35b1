import type { TraceEvent } from '../trace/index.ts'
import { type CapturedPacket, type CaptureInterface, LINKTYPE_ETHERNET, writePcapng } from '../wire/pcapng/index.ts'

/**
 * A packet capture of everything that crossed a device: one interface for each `<namespace>/<device>`, and on each packet, as its
 * comment, the rules it had met since it was last seen. The events must have been recorded with frames.
 */
export function traceToPcapng(events: readonly TraceEvent[]): Uint8Array {
  const interfaces: CaptureInterface[] = []
  const numbers = new Map<string, number>()
  const packets: CapturedPacket[] = []
  const met = new Map<number, string[]>()
  for (const event of events) {
    const { id } = event.packet
    if (event.kind === 'rule')
      note(met, id, `${event.rule.table} ${event.rule.chain} rule ${event.rule.index}: ${event.rule.text}`)
    else if (event.kind === 'drop') note(met, id, `dropped: ${event.reason}`)
    if ((event.kind !== 'tx' && event.kind !== 'rx') || event.frame === null) continue
    const name = `${event.ns}/${event.dev}`
    let number = numbers.get(name)
    if (number === undefined) {
      number = interfaces.length
      numbers.set(name, number)
      interfaces.push({ name, linkType: LINKTYPE_ETHERNET })
    }
    packets.push({
      interface: number,
      time: event.time,
      bytes: event.frame,
      originalLength: event.frame.length,
      comments: met.get(id) ?? [],
      direction: event.kind === 'tx' ? 'out' : 'in',
    })
    met.delete(id)
  }
  return writePcapng({ interfaces, packets })
}

function note(met: Map<number, string[]>, id: number, line: string): void {
  const lines = met.get(id)
  if (lines === undefined) met.set(id, [line])
  else lines.push(line)
}
