import { KubehopError } from '../errors.ts'

/** A view for reading and writing numbers in the bytes themselves, not in a copy. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** KH_WIRE with the header that is wrong, what was found and what was expected. */
export function wireError(header: string, text: string): KubehopError {
  return new KubehopError('KH_WIRE', `${header}: ${text}`)
}

/** Throws KH_WIRE unless at least `length` bytes are there. */
export function needBytes(header: string, bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw wireError(header, `${bytes.length} bytes are left, at least ${length} are needed`)
}
