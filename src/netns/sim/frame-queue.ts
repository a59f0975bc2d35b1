import type { Device } from '../model/device.ts'
import type { Skb } from '../model/skb.ts'

/** Frames on their way to the device that receives them, first in, first out. A ring that grows by doubling. */
export class FrameQueue {
  #skbs: (Skb | undefined)[] = new Array(64).fill(undefined)
  #devices: (Device | undefined)[] = new Array(64).fill(undefined)
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(skb: Skb, dev: Device): void {
    if (this.#size === this.#skbs.length) this.#grow()
    const at = (this.#head + this.#size) & (this.#skbs.length - 1)
    this.#skbs[at] = skb
    this.#devices[at] = dev
    this.#size++
  }

  /** The device that the first frame is for. Only while `size` > 0. */
  device(): Device {
    return this.#devices[this.#head] as Device
  }

  /** Takes the first frame out. Only while `size` > 0. */
  shift(): Skb {
    const skb = this.#skbs[this.#head] as Skb
    this.#skbs[this.#head] = undefined
    this.#devices[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#skbs.length - 1)
    this.#size--
    return skb
  }

  clear(): void {
    this.#skbs.fill(undefined)
    this.#devices.fill(undefined)
    this.#size = 0
  }

  #grow(): void {
    const length = this.#skbs.length
    const unroll = <T>(ring: (T | undefined)[]): (T | undefined)[] => {
      const straight = [...ring.slice(this.#head), ...ring.slice(0, this.#head)]
      for (let i = 0; i < length; i++) straight.push(undefined)
      return straight
    }
    this.#skbs = unroll(this.#skbs)
    this.#devices = unroll(this.#devices)
    this.#head = 0
  }
}
