import { dataView } from './bytes.ts'

/** An echo request or reply: the same eight bytes in ICMP (RFC 792) and ICMPv6 (RFC 4443 §4), but for the type number. */
export interface IcmpEcho {
  readonly kind: 'echo'
  readonly reply: boolean
  readonly id: number
  readonly seq: number
}

/** A message that has no record of its own; `rest` are the second four bytes. */
export interface IcmpOther {
  readonly kind: 'other'
  readonly type: number
  readonly code: number
  readonly rest: number
}

/** Writes type and code, and zeros for the checksum and the second four bytes. Returns the view, to go on with. */
export function writeIcmpStart(bytes: Uint8Array, type: number, code: number): DataView {
  const view = dataView(bytes)
  view.setUint8(0, type)
  view.setUint8(1, code)
  view.setUint16(2, 0)
  view.setUint32(4, 0)
  return view
}

export function writeIcmpEcho(echo: IcmpEcho, view: DataView): void {
  view.setUint16(4, echo.id)
  view.setUint16(6, echo.seq)
}

/** `echo request id 7 seq 1`. */
export function formatIcmpEcho(echo: IcmpEcho): string {
  return `echo ${echo.reply ? 'reply' : 'request'} id ${echo.id} seq ${echo.seq}`
}
