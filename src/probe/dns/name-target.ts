import { tryParseAddr } from '../../wire/addr.ts'

/** A DNS name with a port, as TO of a trace: `web:80`, `web.shop.svc:http`. */
export interface NameTarget {
  readonly name: string
  readonly port: string
}

const HOST = /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.?$/i

/**
 * Reads TO as a DNS name. Undefined for every other form: addresses, `kind/name`, `external`, and names without a port unless one is given
 * apart.
 */
export function nameTarget(text: string, port: number | undefined): NameTarget | undefined {
  if (text.includes('/') || tryParseAddr(text) !== undefined) return undefined
  const colon = text.lastIndexOf(':')
  const head = colon < 0 ? text : text.slice(0, colon)
  const tail = colon < 0 ? port?.toString() : text.slice(colon + 1)
  if (tail === undefined || tail === '' || head === 'external' || tryParseAddr(head) !== undefined || !HOST.test(head))
    return undefined
  return { name: head, port: tail }
}
