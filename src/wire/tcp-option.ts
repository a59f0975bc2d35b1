import { dataView, wireError } from './bytes.ts'

/** One TCP option (RFC 9293 §3.2, RFC 7323 §2 and §3, RFC 2018 §2 and §3). */
export type TcpOption =
  | { readonly kind: 'nop' }
  | { readonly kind: 'mss'; readonly mss: number }
  | { readonly kind: 'windowScale'; readonly shift: number }
  | { readonly kind: 'sackPermitted' }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [left: number, right: number])[] }
  | { readonly kind: 'timestamps'; readonly value: number; readonly echo: number }
  | { readonly kind: 'other'; readonly code: number; readonly data: Uint8Array }

export const TCP_OPTIONS_MAX = 40

/**
 * The window scale that Linux 6.18 announces with its default `tcp_rmem` (maximum 32 MiB); older kernels with 6 MiB say 7.
 */
const LINUX_WINDOW_SCALE = 10

/** Reads the option bytes of a header; what follows an end-of-list option is padding. Throws KH_WIRE. */
export function parseTcpOptions(bytes: Uint8Array): TcpOption[] {
  const options: TcpOption[] = []
  let at = 0
  while (at < bytes.length && bytes[at] !== 0) {
    if (bytes[at] === 1) {
      options.push({ kind: 'nop' })
      at++
      continue
    }
    const size = bytes[at + 1] ?? 0
    if (size < 2 || at + size > bytes.length) {
      throw wireError('TCP option', `kind ${bytes[at]} with length ${size}, ${bytes.length - at} bytes are left`)
    }
    options.push(parseOption(bytes[at] ?? 0, bytes.subarray(at + 2, at + size)))
    at += size
  }
  return options
}

/** An option of a known kind but strange length is kept raw: RFC 9293 §3.2 has receivers ignore what they do not know. */
function parseOption(code: number, data: Uint8Array): TcpOption {
  const view = dataView(data)
  if (code === 2 && data.length === 2) return { kind: 'mss', mss: view.getUint16(0) }
  if (code === 3 && data.length === 1) return { kind: 'windowScale', shift: view.getUint8(0) }
  if (code === 4 && data.length === 0) return { kind: 'sackPermitted' }
  if (code === 5 && data.length > 0 && data.length % 8 === 0) {
    const blocks: [number, number][] = []
    for (let at = 0; at < data.length; at += 8) blocks.push([view.getUint32(at), view.getUint32(at + 4)])
    return { kind: 'sack', blocks }
  }
  if (code === 8 && data.length === 8) return { kind: 'timestamps', value: view.getUint32(0), echo: view.getUint32(4) }
  return { kind: 'other', code, data: data.slice() }
}

/** Bytes that the options take, padded to a multiple of four. */
export function tcpOptionsLength(options: readonly TcpOption[]): number {
  let length = 0
  for (const option of options) length += optionLength(option)
  return (length + 3) & ~3
}

function optionLength(option: TcpOption): number {
  switch (option.kind) {
    case 'nop':
      return 1
    case 'mss':
      return 4
    case 'windowScale':
      return 3
    case 'sackPermitted':
      return 2
    case 'sack':
      return 2 + 8 * option.blocks.length
    case 'timestamps':
      return 10
    case 'other':
      return 2 + option.data.length
  }
}

/** Writes the options at the start of `bytes`, which they fill but for zero padding (end of list). */
export function writeTcpOptions(options: readonly TcpOption[], bytes: Uint8Array): void {
  bytes.fill(0)
  let at = 0
  for (const option of options) {
    const size = optionLength(option)
    writeOption(option, size, bytes.subarray(at, at + size))
    at += size
  }
}

function writeOption(option: TcpOption, size: number, bytes: Uint8Array): void {
  const view = dataView(bytes)
  if (option.kind === 'nop') {
    view.setUint8(0, 1)
    return
  }
  view.setUint8(1, size)
  switch (option.kind) {
    case 'mss':
      view.setUint8(0, 2)
      view.setUint16(2, option.mss)
      return
    case 'windowScale':
      view.setUint8(0, 3)
      view.setUint8(2, option.shift)
      return
    case 'sackPermitted':
      view.setUint8(0, 4)
      return
    case 'sack':
      view.setUint8(0, 5)
      option.blocks.forEach(([left, right], i) => {
        view.setUint32(2 + 8 * i, left)
        view.setUint32(6 + 8 * i, right)
      })
      return
    case 'timestamps':
      view.setUint8(0, 8)
      view.setUint32(2, option.value)
      view.setUint32(6, option.echo)
      return
    case 'other':
      view.setUint8(0, option.code)
      bytes.set(option.data, 2)
  }
}

/**
 * The options that Linux puts into `length` bytes (tcp_options_write): 20 of a SYN are MSS, SACK permitted, timestamps and
 * window scale; 12 of any other segment are timestamps. Other lengths hold what fits of these and NOPs.
 */
export function linuxTcpOptions(length: number, syn: boolean, mss: number, value: number, echo: number): TcpOption[] {
  const options: TcpOption[] = []
  let left = length
  if (mss > 0 && left >= 4) {
    options.push({ kind: 'mss', mss })
    left -= 4
  }
  if (left >= 12) {
    if (syn) options.push({ kind: 'sackPermitted' })
    else options.push({ kind: 'nop' }, { kind: 'nop' })
    options.push({ kind: 'timestamps', value, echo })
    left -= 12
  }
  if (syn && left >= 4) {
    options.push({ kind: 'nop' }, { kind: 'windowScale', shift: LINUX_WINDOW_SCALE })
    left -= 4
  }
  for (; left > 0; left--) options.push({ kind: 'nop' })
  return options
}

/** As tcpdump: `mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10`. */
export function formatTcpOption(option: TcpOption): string {
  switch (option.kind) {
    case 'nop':
      return 'nop'
    case 'mss':
      return `mss ${option.mss}`
    case 'windowScale':
      return `wscale ${option.shift}`
    case 'sackPermitted':
      return 'sackOK'
    case 'sack':
      return `sack ${option.blocks.length} ${option.blocks.map(([left, right]) => `{${left}:${right}}`).join('')}`
    case 'timestamps':
      return `TS val ${option.value} ecr ${option.echo}`
    case 'other':
      return `unknown-${option.code}`
  }
}
