import { KubehopError } from '../../errors.ts'
import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE,
  BLOCK_SECTION_HEADER,
  BYTE_ORDER_MAGIC,
  OPTION_COMMENT,
  OPTION_EPB_FLAGS,
  OPTION_IF_NAME,
  OPTION_IF_TSRESOL,
  OPTION_SHB_USERAPPL,
  pad4,
} from './block.ts'
import type { Capture, CapturedPacket, CaptureInterface } from './capture.ts'

/** No limit on the captured length. */
const SNAPLEN = 0

type Option = readonly [code: number, value: Uint8Array]
type Encode = (text: string) => Uint8Array

/**
 * The capture as a pcapng file (draft-ietf-opsawg-pcapng): one section, little-endian, an interface description with
 * `if_name` for each interface, an enhanced packet block with `opt_comment` for each packet, timestamps in microseconds.
 * The same capture gives the same bytes. Throws KH_PCAPNG for a packet of an interface that is not there, or a name or
 * comment of more than 65,535 bytes.
 */
export function writePcapng(capture: Capture): Uint8Array {
  const encoder = new TextEncoder()
  const encode: Encode = text => encoder.encode(text)
  const blocks = [sectionHeader(encode)]
  for (const device of capture.interfaces) blocks.push(interfaceDescription(device, encode))
  for (const packet of capture.packets) {
    if (capture.interfaces[packet.interface] === undefined) {
      throw new KubehopError('KH_PCAPNG', `a packet of interface ${packet.interface} of ${capture.interfaces.length}`)
    }
    blocks.push(enhancedPacket(packet, encode))
  }
  return concatenate(blocks)
}

function sectionHeader(encode: Encode): Uint8Array {
  const body = new Uint8Array(16)
  const view = new DataView(body.buffer)
  view.setUint32(0, BYTE_ORDER_MAGIC, true)
  view.setUint16(4, 1, true) // version 1.0
  view.setBigInt64(8, -1n, true) // section length: not given
  return block(BLOCK_SECTION_HEADER, body, [[OPTION_SHB_USERAPPL, encode('kubehop')]])
}

function interfaceDescription(device: CaptureInterface, encode: Encode): Uint8Array {
  const body = new Uint8Array(8)
  const view = new DataView(body.buffer)
  view.setUint16(0, device.linkType, true)
  view.setUint32(4, SNAPLEN, true)
  const options: Option[] = []
  if (device.name !== '') options.push([OPTION_IF_NAME, encode(device.name)])
  options.push([OPTION_IF_TSRESOL, Uint8Array.of(6)]) // 10⁻⁶ s
  return block(BLOCK_INTERFACE, body, options)
}

function enhancedPacket(packet: CapturedPacket, encode: Encode): Uint8Array {
  const body = new Uint8Array(20 + pad4(packet.bytes.length))
  const view = new DataView(body.buffer)
  view.setUint32(0, packet.interface, true)
  view.setUint32(4, Math.floor(packet.time / 0x1_0000_0000), true)
  view.setUint32(8, packet.time % 0x1_0000_0000, true)
  view.setUint32(12, packet.bytes.length, true)
  view.setUint32(16, packet.originalLength, true)
  body.set(packet.bytes, 20)
  const options: Option[] = packet.comments.map(comment => [OPTION_COMMENT, encode(comment)])
  if (packet.direction !== 'unknown') {
    options.push([OPTION_EPB_FLAGS, Uint8Array.of(packet.direction === 'in' ? 1 : 2, 0, 0, 0)])
  }
  return block(BLOCK_ENHANCED_PACKET, body, options)
}

/** Type, length, body, options with their end mark, and the length again. */
function block(type: number, body: Uint8Array, options: readonly Option[]): Uint8Array {
  let size = 12 + body.length
  for (const [, value] of options) size += 4 + pad4(value.length)
  if (options.length > 0) size += 4
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, size, true)
  bytes.set(body, 8)
  let at = 8 + body.length
  for (const [code, value] of options) {
    if (value.length > 0xffff) throw new KubehopError('KH_PCAPNG', `an option of ${value.length} bytes, 65535 at most`)
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + 4)
    at += 4 + pad4(value.length)
  }
  view.setUint32(size - 4, size, true)
  return bytes
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
