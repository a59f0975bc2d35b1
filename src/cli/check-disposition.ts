import { KubehopError } from '../errors.ts'
import { DISPOSITIONS } from '../trace/index.ts'

/** Throws KH_USAGE when `--expect` names no disposition. */
export function checkDisposition(expect: string | undefined): void {
  if (expect === undefined || DISPOSITIONS.some(known => known === expect)) return
  throw new KubehopError(
    'KH_USAGE',
    `--expect: ${JSON.stringify(expect)} is no disposition; it is one of ${DISPOSITIONS.join(', ')}`,
  )
}
