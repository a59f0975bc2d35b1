import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { KubehopError } from '../../errors.ts'
import type { Operation } from './operation.ts'

type Input = Static<TObject>

/** The input of an operation, when it is that. Throws KH_USAGE with the first thing that is wrong. */
export function checkInput(operation: Operation, input: unknown): Input {
  const given = input ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) throw usage(operation, 'an object is expected')
  const rest = new Map(Object.entries(given))
  const checked: Record<string, unknown> = {}
  for (const schema of [operation.params, operation.query, operation.body]) {
    const part: Record<string, unknown> = {}
    for (const key of Object.keys(schema.properties)) {
      const value = rest.get(key)
      rest.delete(key)
      if (value !== undefined) part[key] = value
    }
    checkPart(operation, schema, part)
    Object.assign(checked, part)
  }
  const [unknown] = rest.keys()
  if (unknown === undefined) return checked
  const names = [operation.params, operation.query, operation.body].flatMap(({ properties }) => Object.keys(properties))
  throw usage(
    operation,
    `there is no ${JSON.stringify(unknown)}; it takes ${names.length === 0 ? 'nothing' : names.join(', ')}`,
  )
}

function checkPart(operation: Operation, schema: TObject, part: Record<string, unknown>): void {
  if (Value.Check(schema, part)) return
  const [error] = Value.Errors(schema, part)
  const path = error?.instancePath.slice(1).replaceAll('/', '.') ?? ''
  const missing = error?.keyword === 'required' ? error.params.requiredProperties.join(', ') : undefined
  if (missing !== undefined) throw usage(operation, `${path === '' ? '' : `${path}.`}${missing} is missing`)
  throw usage(operation, `${path}: ${error?.message ?? 'is not what is expected'}${words(error)}`)
}

/** The words of a choice. */
function words(error: ReturnType<typeof Value.Errors>[number] | undefined): string {
  return error?.keyword === 'enum' ? `: ${error.params.allowedValues.join(', ')}` : ''
}

function usage({ name }: Operation, text: string): KubehopError {
  return new KubehopError('KH_USAGE', `${name}: ${text}`)
}
