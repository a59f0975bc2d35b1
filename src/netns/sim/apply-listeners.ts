import { parseAddr } from '../../wire/addr.ts'
import type { ListenerConfig } from '../config.ts'
import type { Listener, Sockets } from '../socket/index.ts'

/**
 * Lets programs listen that `wanted` names, and those stop that `previous` named and `wanted` does not. Connections stay. A
 * port that is taken already stays with who has it: the later program fails to start, as in a pod.
 */
export function applyListeners(
  sockets: Sockets,
  wanted: readonly ListenerConfig[],
  previous: readonly ListenerConfig[],
): void {
  if (wanted === previous) return
  const keys = new Set(wanted.map(keyOf))
  const known = new Set(previous.map(keyOf))
  for (const config of previous) {
    if (keys.has(keyOf(config))) continue
    const listener = find(sockets, config)
    if (listener !== undefined) sockets.unlisten(listener)
  }
  for (const config of wanted) {
    if (known.has(keyOf(config))) continue
    const { protocol, port, program, assumed, replyFrom } = config
    sockets.listen({
      protocol,
      port,
      program,
      assumed,
      address: config.address === undefined ? null : parseAddr(config.address),
      ...(replyFrom !== undefined && { replyFrom }),
    })
  }
}

function keyOf(config: ListenerConfig): string {
  return `${config.protocol} ${config.address ?? '*'} ${config.port} ${config.program} ${config.assumed} ${config.replyFrom}`
}

function find(sockets: Sockets, config: ListenerConfig): Listener | undefined {
  const address = config.address === undefined ? null : parseAddr(config.address)
  return sockets.listeners.find(
    ({ protocol, port, address: bound }) => protocol === config.protocol && port === config.port && bound === address,
  )
}
