/** Numbers of the pcapng format (draft-ietf-opsawg-pcapng §3 and §4). */
export const BLOCK_SECTION_HEADER = 0x0a0d0d0a
export const BLOCK_INTERFACE = 1
export const BLOCK_SIMPLE_PACKET = 3
export const BLOCK_ENHANCED_PACKET = 6

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d

export const OPTION_END = 0
export const OPTION_COMMENT = 1
export const OPTION_IF_NAME = 2
export const OPTION_IF_TSRESOL = 9
export const OPTION_IF_TSOFFSET = 14
export const OPTION_SHB_USERAPPL = 4
export const OPTION_EPB_FLAGS = 2

/** Numbers and data are padded to 32 bits. */
export function pad4(length: number): number {
  return (length + 3) & ~3
}
