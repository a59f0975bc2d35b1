/** Error codes of the CNI specification 1.1.0 §4.3, and 999, which the plugin skeleton gives to every other error. */
export const CNI_INCOMPATIBLE_VERSION = 1
export const CNI_UNSUPPORTED_FIELD = 2
export const CNI_UNKNOWN_CONTAINER = 3
export const CNI_INVALID_ENVIRONMENT = 4
export const CNI_IO = 5
export const CNI_DECODE = 6
export const CNI_INVALID_CONFIG = 7
export const CNI_TRY_AGAIN = 11
export const CNI_INTERNAL = 999

/** What a plugin prints on stdout when it fails. */
export class CniError extends Error {
  readonly code: number
  readonly details: string | undefined

  constructor(code: number, message: string, details?: string) {
    super(message)
    this.name = 'CniError'
    this.code = code
    this.details = details
  }

  toJSON(): { readonly code: number; readonly msg: string; readonly details?: string } {
    return { code: this.code, msg: this.message, ...(this.details === undefined ? {} : { details: this.details }) }
  }
}

/** An error without a code of its own, as the plugin skeleton wraps it. */
export function internal(message: string): CniError {
  return new CniError(CNI_INTERNAL, message)
}
