import type { Point } from '../../layout/index.ts'

/** Milliseconds at speed 1: of a stay at one decision, and of the way to another machine per pixel (within limits). */
const STAY = 420
const PER_PIXEL = 1.6

/** Points of a way with the length up to each. */
export interface Way {
  readonly points: readonly Point[]
  readonly lengths: readonly number[]
}

export function wayOf(points: readonly Point[]): Way {
  const lengths = [0]
  for (const [at, point] of points.entries()) {
    const before = points[at - 1]
    if (before !== undefined) lengths.push((lengths[at - 1] ?? 0) + Math.hypot(point.x - before.x, point.y - before.y))
  }
  return { points, lengths }
}

/** The point at a part (0–1) of the way. */
export function alongWay({ points, lengths }: Way, part: number): Point {
  const goal = (lengths.at(-1) ?? 0) * Math.min(1, Math.max(0, part))
  const next = lengths.findIndex(length => length >= goal)
  const [a, b] = [points[next - 1], points[next]]
  if (a === undefined || b === undefined) return points[Math.max(0, next)] ?? { x: 0, y: 0 }
  const [from, to] = [lengths[next - 1] ?? 0, lengths[next] ?? 0]
  const share = to === from ? 1 : (goal - from) / (to - from)
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

export interface PlayerTarget {
  readonly count: () => number
  readonly way: (from: number, to: number) => Way
  /** Called on every frame: only moves something that is there. */
  readonly place: (point: Point) => void
  /** Called when another moment is reached. */
  readonly reach: (at: number) => void
  readonly ended: () => void
}

/** Walks from moment to moment on animation frames. Nothing is rendered for a frame: the packet's transform is set, that is all. */
export class Player {
  readonly #target: PlayerTarget
  #frame = 0
  #at = 0
  #way: Way | null = null
  #started = 0
  #duration = 0
  playing = false
  speed = 1

  constructor(target: PlayerTarget) {
    this.#target = target
  }

  /** Shows a moment at once, or moves there from the one before. */
  show(at: number, smooth: boolean): void {
    const before = this.#at
    this.#at = at
    cancelAnimationFrame(this.#frame)
    const way = this.#target.way(smooth ? before : at, at)
    if (!smooth) this.#target.place(alongWay(way, 1))
    else this.#run(way)
  }

  play(): void {
    if (this.playing) return
    this.playing = true
    this.#next()
  }

  pause(): void {
    this.playing = false
  }

  stop(): void {
    this.playing = false
    cancelAnimationFrame(this.#frame)
  }

  #next(): void {
    if (this.#at >= this.#target.count() - 1) {
      this.playing = false
      this.#target.ended()
      return
    }
    const from = this.#at
    this.#at = from + 1
    this.#target.reach(this.#at)
    this.#run(this.#target.way(from, this.#at))
  }

  #run(way: Way): void {
    this.#way = way
    const length = way.lengths.at(-1) ?? 0
    this.#duration = Math.min(1600, STAY + length * PER_PIXEL) / this.speed
    this.#started = performance.now()
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(this.#tick)
  }

  readonly #tick = (now: number): void => {
    if (this.#way === null) return
    const part = (now - this.#started) / this.#duration
    this.#target.place(alongWay(this.#way, ease(Math.min(1, part * 1.25))))
    if (part < 1) this.#frame = requestAnimationFrame(this.#tick)
    else if (this.playing) this.#next()
  }
}

function ease(part: number): number {
  return part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2
}
