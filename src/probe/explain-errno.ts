import type { Disposition, Reason } from '../trace/index.ts'
import { reason } from './reason.ts'

type Entry = readonly [disposition: Disposition, because: string, wouldPassIf: string]

/** What a socket call of the sender says when no packet got far enough to tell. */
const ERRNO: Readonly<Record<string, Entry>> = {
  ENETUNREACH: ['NO_ROUTE', 'no route covers the destination', 'there were a route to it'],
  EHOSTUNREACH: [
    'NO_ROUTE',
    'the destination cannot be reached',
    'there were a route to it, and its next hop answered',
  ],
  EINVAL: ['BLACKHOLE', 'a blackhole route covers the destination', 'the blackhole route were removed'],
  EACCES: [
    'REJECTED',
    'a prohibit route covers the destination, or it is a broadcast address',
    'another destination were used',
  ],
  EPERM: ['DROPPED', 'a rule of the sender’s own OUTPUT drops it', 'that rule were not there'],
  EMSGSIZE: [
    'MTU_EXCEEDED',
    'it is larger than the MTU and must not be fragmented',
    'it were smaller, or could be fragmented',
  ],
  ECONNREFUSED: ['PORT_CLOSED', 'nothing listens there', 'a program listened there'],
  EADDRNOTAVAIL: ['INSUFFICIENT_INFO', 'the sender has no address of that family', 'the sender had one'],
}

/** The verdict when only the client's errno is known. `where`: destination; `place`: the sender. */
export function explainErrno(
  result: string,
  where: string,
  place: string,
): { readonly disposition: Disposition; readonly reason: Reason } {
  const [disposition, because, wouldPassIf] = ERRNO[result] ?? [
    'TIMEOUT' as const,
    `no answer came from ${where}`,
    'somebody answered',
  ]
  const droppedBy =
    disposition === 'TIMEOUT' ? `nobody that could be seen from ${place}` : `the sending side of ${place} (${result})`
  return { disposition, reason: reason(result.toLowerCase(), { droppedBy, because, wouldPassIf }) }
}
