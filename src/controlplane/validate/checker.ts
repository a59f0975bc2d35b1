import type { FieldPath } from '../field-path.ts'
import type { FieldError } from './field-error.ts'
import { type NameRule, portName } from './names.ts'

const PORT_DETAIL = 'must be between 1 and 65535, inclusive'

/** Collects the errors of one object; every check adds at most one. */
export class Checker {
  readonly errors: FieldError[] = []

  required(value: unknown, path: FieldPath, detail = ''): boolean {
    if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)) return true
    const text = detail === '' ? 'is missing' : `is missing: ${detail}`
    this.errors.push({ path, type: 'Required', detail, text })
    return false
  }

  invalid(value: unknown, path: FieldPath, detail: string, text?: string): void {
    this.errors.push({ path, type: 'Invalid', value, detail, ...(text === undefined ? {} : { text }) })
  }

  forbidden(path: FieldPath, detail: string): void {
    this.errors.push({ path, type: 'Forbidden', detail, text: detail })
  }

  duplicate(value: unknown, path: FieldPath): void {
    this.errors.push({ path, type: 'Duplicate', value, detail: '', text: `${JSON.stringify(value)} is given twice` })
  }

  name(value: string | undefined, rule: NameRule, path: FieldPath): void {
    const wrong = value === undefined ? undefined : rule(value)
    if (wrong !== undefined) this.invalid(value, path, wrong)
  }

  port(value: number, path: FieldPath): void {
    if (value >= 1 && value <= 65535) return
    this.invalid(value, path, PORT_DETAIL, `${value} is not a port (1–65535)`)
  }

  /** A number or the name of a port. */
  portReference(value: number | string, path: FieldPath): void {
    if (typeof value === 'number') this.port(value, path)
    else {
      const wrong = portName(value)
      const text = /^\d+$/.test(value)
        ? `"${value}" is a string, so the name of a port; write the number without quotes`
        : undefined
      if (wrong !== undefined) this.invalid(value, path, wrong, text)
    }
  }

  oneOf(value: string | undefined, allowed: readonly string[], path: FieldPath): void {
    if (value === undefined || allowed.includes(value)) return
    const sorted = [...allowed].sort()
    this.errors.push({
      path,
      type: 'NotSupported',
      value,
      detail: `supported values: ${sorted.map(one => JSON.stringify(one)).join(', ')}`,
      text: `${JSON.stringify(value)} is not one of ${allowed.join(', ')}`,
    })
  }

  notNegative(value: number | undefined, path: FieldPath): void {
    if (value !== undefined && value < 0) this.invalid(value, path, 'must be greater than or equal to 0')
  }
}
