/** What the strip needs of a revision. */
export interface StripRevision {
  readonly revision: number
  readonly label: string
  /** How many objects it changed, from 0. */
  readonly changes: number
}

export interface StripSizes {
  readonly width: number
  readonly height: number
  readonly margin: number
  /** Width of a letter of a label. */
  readonly letter: number
  readonly leastRadius: number
  readonly largestRadius: number
}

export const STRIP_SIZES: StripSizes = {
  width: 900,
  height: 96,
  margin: 36,
  letter: 7,
  leastRadius: 6,
  largestRadius: 14,
}

export interface PlacedRevision {
  readonly revision: number
  readonly x: number
  readonly y: number
  /** Larger where more was changed. */
  readonly radius: number
}

/** A label below the strip, where there is room for it. */
export interface StripLabel {
  readonly revision: number
  readonly text: string
  readonly x: number
  readonly width: number
}

export interface RevisionStrip {
  readonly width: number
  readonly height: number
  readonly y: number
  readonly revisions: readonly PlacedRevision[]
  readonly labels: readonly StripLabel[]
}

/**
 * Revisions from left to right at equal distances. Labels that do not fit are left out: the last revision and those chosen have theirs
 * first, then the others from left to right.
 */
export function layoutRevisionStrip(
  revisions: readonly StripRevision[],
  chosen: readonly number[] = [],
  sizes: StripSizes = STRIP_SIZES,
): RevisionStrip {
  const { width, height, margin } = sizes
  const y = Math.round(height * 0.4)
  const gap = revisions.length > 1 ? (width - 2 * margin) / (revisions.length - 1) : 0
  const largest = Math.min(sizes.largestRadius, revisions.length > 1 ? Math.max(2, gap / 2 - 1) : sizes.largestRadius)
  const least = Math.min(sizes.leastRadius, largest)
  const most = Math.max(1, ...revisions.map(one => one.changes))
  const placed = revisions.map((one, i) => ({
    revision: one.revision,
    x: revisions.length > 1 ? margin + i * gap : width / 2,
    y,
    radius: least + (largest - least) * Math.sqrt(one.changes / most),
  }))
  return { width, height, y, revisions: placed, labels: labelsOf(revisions, placed, chosen, sizes) }
}

/** The revision nearest to a place on the strip; undefined without any. */
export function revisionAt(strip: RevisionStrip, x: number): number | undefined {
  let best: PlacedRevision | undefined
  for (const one of strip.revisions) {
    if (best === undefined || Math.abs(one.x - x) < Math.abs(best.x - x)) best = one
  }
  return best?.revision
}

function labelsOf(
  revisions: readonly StripRevision[],
  placed: readonly PlacedRevision[],
  chosen: readonly number[],
  sizes: StripSizes,
): StripLabel[] {
  const last = revisions.length - 1
  const order = revisions.map((_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b)
  function weight(i: number): number {
    return chosen.includes(revisions[i]?.revision ?? -1) ? 2 : i === last ? 1 : 0
  }
  const labels: StripLabel[] = []
  for (const i of order) {
    const [one, at] = [revisions[i], placed[i]]
    if (one === undefined || at === undefined) continue
    const text = `${one.revision} ${one.label}`
    const width = Math.min(text.length * sizes.letter, sizes.width)
    const x = Math.max(0, Math.min(sizes.width - width, at.x - width / 2))
    const free = labels.every(other => x + width + sizes.letter <= other.x || other.x + other.width + sizes.letter <= x)
    if (free) labels.push({ revision: one.revision, text, x, width })
  }
  return labels.sort((a, b) => a.x - b.x)
}
