import type { FieldPath } from '../field-path.ts'
import { didYouMean } from '../names.ts'
import type { FieldError } from './field-error.ts'
import { SCHEMA_TABLE } from './schema-table.ts'

type Message = ReadonlyMap<string, string>

const messages: ReadonlyMap<string, Message> = readTable(SCHEMA_TABLE)

function readTable(table: string): Map<string, Message> {
  const result = new Map<string, Message>()
  for (const line of table.replaceAll('\n  ', ' ').trim().split('\n')) {
    const [name = '', fields = ''] = line.split(': ')
    const entries = fields.split(' ').map((field): [string, string] => {
      const [key = '', type = 'any'] = field.split('=')
      return [key, type]
    })
    // A `~` behind the name: other fields are allowed, and not looked into.
    if (name.endsWith('~')) entries.push(['~', 'any'])
    result.set(name.replace('~', ''), new Map(entries))
  }
  return result
}

/** Whether the fields of a kind are known here. */
export function hasSchema(kind: string): boolean {
  return messages.has(kind)
}

/**
 * Checks the types of all known fields. Errors of type `Type` are what the API server refuses to decode; those of type
 * `Unknown` are fields that the kind does not have, which it refuses only under `fieldValidation=Strict`.
 */
export function checkSchema(kind: string, object: Readonly<Record<string, unknown>>): FieldError[] {
  const errors: FieldError[] = []
  const message = messages.get(kind)
  if (message !== undefined) checkFields(kind, message, object, [], errors)
  return errors
}

function checkFields(kind: string, message: Message, object: object, path: FieldPath, errors: FieldError[]): void {
  for (const [key, value] of Object.entries(object)) {
    const type = message.get(key)
    if (type !== undefined) {
      if (value !== null && value !== undefined) checkType(type, value, [...path, key], errors)
    } else if (message.has('~')) continue
    else if (path.length > 0 || (key !== 'apiVersion' && key !== 'kind')) {
      const near = didYouMean(key, message.keys())
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      const dotted = [...path, key].filter(part => typeof part === 'string').join('.')
      const text = `${kind} has no field of this name${hint}`
      errors.push({ path: [...path, key], type: 'Unknown', detail: `unknown field "${dotted}"`, text })
    }
  }
}

function checkType(type: string, value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (type === 'any') return
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) {
      wrong('a list', '[]', value, path, errors)
      return
    }
    for (const [index, item] of value.entries()) checkType(type.slice(2), item, [...path, index], errors)
  } else if (type.startsWith('{}')) {
    if (!isMap(value)) {
      wrong('a map', 'map[string]string', value, path, errors)
      return
    }
    for (const [key, item] of Object.entries(value)) {
      if (item !== null) checkType(type.slice(2), item, [...path, key], errors)
    }
  } else checkSingle(type, value, path, errors)
}

function checkSingle(type: string, value: unknown, path: FieldPath, errors: FieldError[]): void {
  switch (type) {
    case 'string':
    case 'bytes':
      if (typeof value !== 'string') wrong('a string', 'string', value, path, errors)
      return
    case 'bool':
      if (typeof value !== 'boolean') wrong('true or false', 'bool', value, path, errors)
      return
    case 'int32':
      if (!isInteger(value, 2 ** 31)) wrong('a whole number', 'int32', value, path, errors)
      return
    case 'int64':
      if (!isInteger(value, 2 ** 63)) wrong('a whole number', 'int64', value, path, errors)
      return
    case 'IntOrString':
      if (typeof value !== 'string' && !isInteger(value, 2 ** 31)) {
        wrong('a whole number or a string', 'intstr.IntOrString', value, path, errors)
      }
      return
    case 'Quantity':
      if (typeof value !== 'string' && typeof value !== 'number') {
        wrong('a quantity such as 100m or 64Mi', 'resource.Quantity', value, path, errors)
      }
      return
    default: {
      const message = messages.get(type)
      if (message === undefined) return
      if (!isMap(value)) {
        wrong('a map', type, value, path, errors)
        return
      }
      checkFields(type, message, value, path, errors)
    }
  }
}

function wrong(expected: string, goType: string, value: unknown, path: FieldPath, errors: FieldError[]): void {
  const found =
    value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const field = path.filter(part => typeof part === 'string').join('.')
  const shown = found === 'object' ? 'a map' : found === 'array' ? 'a list' : JSON.stringify(value)
  const boolean = typeof value === 'boolean' ? ' (YAML reads yes, no, on, off, y and n as booleans)' : ''
  const quote = expected === 'a string' && typeof value !== 'object' ? `${boolean}; put the value in quotes` : ''
  errors.push({
    path,
    type: 'Type',
    value,
    detail: `json: cannot unmarshal ${found} into Go struct field ${field} of type ${goType}`,
    text: `${shown} is not ${expected}${quote}`,
  })
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isInteger(value: unknown, bound: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= -bound && value < bound
}
