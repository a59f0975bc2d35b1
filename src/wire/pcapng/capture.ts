/** Link types (LINKTYPE_*): frames, and packets that begin with the IPv4 or IPv6 header (devices such as ipip). */
export const LINKTYPE_ETHERNET = 1
export const LINKTYPE_RAW = 101

/** An interface of a capture file. */
export interface CaptureInterface {
  /** `<namespace>/<device>`, as `pod-a/eth0`; empty when the file gives none. */
  readonly name: string
  readonly linkType: number
}

/** A captured packet. */
export interface CapturedPacket {
  /** Index into the capture's interfaces. */
  readonly interface: number
  /** Microseconds since 1970, or since the start of the simulation. */
  readonly time: number
  readonly bytes: Uint8Array
  /** Length on the wire, when the file holds less of the packet than that. */
  readonly originalLength: number
  /** One comment a line of explanation; empty when there is none. */
  readonly comments: readonly string[]
  /** How the interface saw it (`epb_flags` bits 0–1). */
  readonly direction: 'in' | 'out' | 'unknown'
}

/** What a pcapng file holds, its sections put together. */
export interface Capture {
  readonly interfaces: readonly CaptureInterface[]
  readonly packets: readonly CapturedPacket[]
}
