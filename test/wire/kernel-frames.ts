import { readFileSync } from 'node:fs'

/** A frame that the kernel sent; `quotes` is the frame that it answers, for an ICMP error or a redirect. */
export interface KernelFrame {
  readonly name: string
  readonly bytes: Uint8Array
  readonly quotes: KernelFrame | null
}

/** The frames of fixtures/kernel-frames.txt. */
export function kernelFrames(): readonly KernelFrame[] {
  const frames = new Map<string, KernelFrame>()
  for (const line of readFileSync(new URL('fixtures/kernel-frames.txt', import.meta.url), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [name = '', hex = ''] = line.split(': ')
    const quoted = / of (.+)$/.exec(name)?.[1]
    frames.set(name, { name, bytes: new Uint8Array(Buffer.from(hex, 'hex')), quotes: frames.get(quoted ?? '') ?? null })
  }
  return [...frames.values()]
}

/** One of them by name. */
export function kernelFrame(name: string): KernelFrame {
  const frame = kernelFrames().find(candidate => candidate.name === name)
  if (frame === undefined) throw new Error(`no kernel frame ${name}`)
  return frame
}
