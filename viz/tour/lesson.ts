/** One short lesson: something to read, a packet to look at, and a question that opens the next one. */
export interface Lesson {
  readonly title: string
  readonly text: readonly string[]
  /** What is sent, in the words of the form. */
  readonly from: string
  readonly to: string
  readonly question: string
  /** `says` is shown when it was chosen. */
  readonly choices: readonly { readonly answer: string; readonly says: string }[]
  /** Index of the right one. */
  readonly right: number
}
