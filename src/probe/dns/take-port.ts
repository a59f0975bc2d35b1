import { KubehopError } from '../../errors.ts'
import type { NetNamespace, Respond } from '../../netns/index.ts'
import type { Addr } from '../../wire/addr.ts'

/** Where a program listens. `address` null: everywhere. */
export interface Port {
  readonly protocol: 'udp' | 'tcp'
  readonly port: number
  readonly address: Addr | null
}

/** A program that does not run listens nowhere. */
export function closePort(ns: NetNamespace, port: number): void {
  for (const listener of [...ns.sockets.listeners]) if (listener.port === port) ns.sockets.unlisten(listener)
}

/** What listens there by the pod's declaration makes room for the program itself. */
export function takePort(ns: NetNamespace, { protocol, port, address }: Port, respond: Respond, program: string): void {
  for (const listener of [...ns.sockets.listeners]) {
    const same = listener.protocol === protocol && listener.port === port
    if (same && (address === null || listener.address === null || listener.address === address))
      ns.sockets.unlisten(listener)
  }
  const listener = ns.sockets.listen({ protocol, port, address, respond, program: `coredns, ${program}` })
  if (typeof listener === 'string')
    throw new KubehopError('KH_INTERNAL', `${program}: port ${port}/${protocol}: ${listener}`)
}
