import type { TLocalizedValidationError } from 'typebox/error'
import type { Place } from '../../errors.ts'

/** A refusal as JSON. */
export interface OperationError {
  /** docs/errors.md has a line for each. */
  readonly code: string
  readonly message: string
  readonly place?: Place
}

/** What is wrong with an input, from what the validator found: what is missing first, then what is too much. */
export function inputProblem(operation: string, errors: readonly TLocalizedValidationError[]): string {
  return `${operation}: ${problem(errors)}`
}

function problem(errors: readonly TLocalizedValidationError[]): string {
  for (const error of errors) {
    if (error.keyword !== 'required') continue
    return `${pathOf(error, error.params.requiredProperties.join(', '))} is missing`
  }
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties') continue
    return `there is no ${error.params.additionalProperties.map(name => JSON.stringify(name)).join(', ')}${inside(error)}`
  }
  const [first] = errors
  if (first === undefined) return 'the input is not what is expected'
  const path = pathOf(first)
  return `${path === '' ? 'the input' : path} ${first.keyword === 'enum' ? oneOf(first.params.allowedValues) : first.message}`
}

function oneOf(words: readonly unknown[]): string {
  return `must be one of ${words.join(', ')}`
}

function pathOf({ instancePath }: TLocalizedValidationError, more = ''): string {
  return [...instancePath.split('/').slice(1), ...(more === '' ? [] : [more])].join('.')
}

function inside(error: TLocalizedValidationError): string {
  const path = pathOf(error)
  return path === '' ? '' : ` in ${path}`
}
