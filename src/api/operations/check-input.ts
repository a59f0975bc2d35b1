import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { KubehopError } from '../../errors.ts'
import { inputProblem } from './input-problem.ts'
import type { Operation } from './operation.ts'

type Input = Static<TObject>

/** The input of an operation, when it is that. Throws KH_USAGE with the first thing that is wrong. */
export function checkInput(operation: Operation, input: unknown): Input {
  const given = input ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new KubehopError('KH_USAGE', `${operation.name}: the input must be an object`)
  }
  const { params, query, body } = operation
  const parts = [params, query, body].map(schema => ({ schema, value: new Map<string, unknown>() }))
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    // What belongs nowhere is too much for the last part.
    const part = parts.find(({ schema }) => Object.hasOwn(schema.properties, key)) ?? parts.at(-1)
    part?.value.set(key, value)
  }
  const checked = parts.map(({ schema, value }) => checkPart(operation, schema, Object.fromEntries(value)))
  return Object.assign({}, ...checked)
}

function checkPart(operation: Operation, schema: TObject, part: Input): Input {
  if (Value.Check(schema, part)) return part
  throw new KubehopError('KH_USAGE', inputProblem(operation.name, Value.Errors(schema, part)))
}
