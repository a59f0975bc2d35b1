import { type FieldPath, formatPath } from '../field-path.ts'

export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'NotSupported'
  | 'Forbidden'
  | 'NotFound'
  | 'TooLong'
  | 'Type'
  | 'Unknown'

/** One wrong field: as the API server would say it, and as kubehop says it. */
export interface FieldError {
  readonly path: FieldPath
  readonly type: FieldErrorType
  readonly value?: unknown
  /** The API server's explanation. */
  readonly detail: string
  /** Our sentence, where it is clearer than the API server's: what was found, what was expected. */
  readonly text?: string
}

/** The message without the path, as `field.Error.ErrorBody` makes it. */
export function errorBody({ type, value, detail }: FieldError): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value ?? null)
  switch (type) {
    case 'Required':
      return detail === '' ? 'Required value' : `Required value: ${detail}`
    case 'Forbidden':
      return `Forbidden: ${detail}`
    case 'Duplicate':
      return `Duplicate value: ${shown}`
    case 'NotFound':
      return `Not found: ${shown}`
    case 'NotSupported':
      return `Unsupported value: ${shown}: ${detail}`
    case 'TooLong':
      return `Too long: ${detail}`
    case 'Type':
    case 'Unknown':
      return detail
    case 'Invalid':
      return `Invalid value: ${shown}${detail === '' ? '' : `: ${detail}`}`
  }
}

/** `spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive`: the API server's text. */
export function apiMessage(error: FieldError): string {
  return `${formatPath(error.path)}: ${errorBody(error)}`
}

/** Path and sentence for the user, without the place. */
export function userMessage(error: FieldError): string {
  return `${formatPath(error.path)}: ${error.text ?? errorBody(error)}`
}
