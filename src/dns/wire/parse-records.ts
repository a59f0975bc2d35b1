import { KubehopError } from '../../errors.ts'
import type { Rr } from './message.ts'
import { parseRr, zoneWords } from './rr-text.ts'

/** Records, one a line, owners absolute or not. Throws KH_DNS with the line. */
export function parseRecords(text: string): Rr[] {
  return text.split('\n').flatMap((line, i) => {
    try {
      return zoneWords(line).length === 0 ? [] : [parseRr(line.trim(), { origin: '.', ttl: 300 })]
    } catch (error) {
      if (error instanceof KubehopError) throw new KubehopError(error.code, `record ${i + 1}: ${error.text}`)
      throw error
    }
  })
}
