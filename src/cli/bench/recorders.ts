import type { Recorder, TraceEvent } from '../../trace/index.ts'

/** Counts events and forgets them: what is measured is making them. */
export class CountingRecorder implements Recorder {
  readonly misses = false
  readonly frames = false
  events = 0

  record(_event: TraceEvent): void {
    this.events++
  }
}

/** Keeps every event, as the log of a trace does. */
export class KeepingRecorder implements Recorder {
  readonly misses = false
  readonly frames = false
  readonly kept: TraceEvent[] = []

  record(event: TraceEvent): void {
    this.kept.push(event)
  }
}
