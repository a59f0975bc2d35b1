import { KubehopError } from '../errors.ts'
import { formatAddr, isLoopback, tryParseAddr } from '../wire/addr.ts'

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
}

/** Reads `ADDRESS:PORT`, `[IPv6]:PORT`, or `ADDRESS` where there is a usual port. `flag` is for the message. Throws KH_USAGE. */
export function parseListenAddress(text: string, flag: string, fallback?: number): ListenAddress {
  const whole = tryParseAddr(text)
  const match = /^\[([^\]]+)\]:([0-9]{1,5})$/.exec(text) ?? /^([^:]+):([0-9]{1,5})$/.exec(text)
  const addr = whole ?? tryParseAddr(match?.[1] ?? '')
  const port = whole === undefined ? Number(match?.[2]) : fallback
  if (addr === undefined || port === undefined || !(port >= 0 && port <= 65535))
    throw new KubehopError('KH_USAGE', `${flag}: ${JSON.stringify(text)} is not ADDRESS:PORT such as 127.0.0.1:5353`)
  return { host: formatAddr(addr), port }
}

/** Whether a text is an address that only this machine reaches. */
export function isLoopbackText(text: string): boolean {
  const addr = tryParseAddr(text)
  return addr !== undefined && isLoopback(addr)
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
