import type { Recorder, TraceEvent } from '../trace/index.ts'

/** Events that one recording may hold; what comes after them is left out, and `truncated` says so. */
const MAX_EVENTS = 200_000

/** A recorder that keeps everything in order. */
export class EventLog implements Recorder {
  readonly misses: boolean
  readonly frames: boolean
  readonly events: TraceEvent[] = []
  truncated = false

  constructor(options: { readonly misses: boolean; readonly frames: boolean }) {
    this.misses = options.misses
    this.frames = options.frames
  }

  record(event: TraceEvent): void {
    if (this.events.length < MAX_EVENTS) this.events.push(event)
    else this.truncated = true
  }
}
