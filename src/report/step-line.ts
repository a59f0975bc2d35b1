/** One line of a hop: a word for what it is about, and the rest. */
export interface StepLine {
  readonly label: string
  text: string
  /** 0 for a line of its own, more for what a rule chain leads to. */
  readonly depth: number
  readonly tone?: 'good' | 'bad' | 'change' | 'quiet'
  /** About the tunnel's outer packet. */
  readonly outer?: boolean
}
