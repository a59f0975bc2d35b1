import type { Dispenser } from '../../corefile/dispenser.ts'
import type { State } from '../../plugin.ts'
import { regularExpression } from '../regular-expression.ts'
import { FUNCTIONS } from './functions.ts'
import { lexExpression, type Word } from './lex-expression.ts'
import { RunError } from './run-error.ts'
import type { Type, Value } from './value.ts'

/** An expression that has been checked: what it comes to, and how. `value` throws RunError. */
export interface Expression {
  readonly type: Type
  readonly value: (state: State) => Value
}

/** Binding strength of what stands between two operands (expr-lang.org, language definition). */
const STRENGTH: Readonly<Record<string, number>> = {
  or: 10,
  '||': 10,
  and: 15,
  '&&': 15,
  '==': 20,
  '!=': 20,
  '<': 20,
  '>': 20,
  '<=': 20,
  '>=': 20,
  in: 20,
  not: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  '+': 30,
  '-': 30,
  '*': 60,
  '/': 60,
  '%': 60,
}
/** Brackets inside brackets at most. */
const MAX_DEPTH = 50

/** Reads an expression of `view`. Throws KH_COREFILE for what is wrong, and by name for what is not simulated. */
export function parseExpression(text: string, c: Dispenser): Expression {
  const words = lexExpression(text, c)
  let at = 0
  let depth = 0
  const all = infix(operand(), 0)
  if (words[at] !== undefined) throw unexpected(words[at])
  return all

  function infix(first: Expression, least: number): Expression {
    let left = first
    for (;;) {
      const word = words[at]
      const strength = word?.kind === 'operator' ? STRENGTH[word.text] : undefined
      if (word === undefined || strength === undefined || strength <= least) return left
      at++
      const negated = word.text === 'not'
      const operator = negated ? take('in', 'matches', 'contains', 'startsWith', 'endsWith') : word.text
      const result = combine(operator, left, infix(operand(), strength))
      left = negated ? { type: 'bool', value: state => !result.value(state) } : result
    }
  }

  function operand(): Expression {
    if (++depth > MAX_DEPTH) throw c.err('the expression is nested too deeply')
    const word = words[at++]
    const result = word === undefined ? undefined : single(word)
    depth--
    if (result === undefined) throw unexpected(word)
    return result
  }

  function single(word: Word): Expression | undefined {
    if (word.kind === 'string') return { type: 'string', value: () => word.text }
    if (word.kind === 'number') return { type: 'int', value: () => Number(word.text) }
    if (word.kind === 'name') {
      if (word.text === 'true' || word.text === 'false') return { type: 'bool', value: () => word.text === 'true' }
      return call(word.text)
    }
    if (word.text === '(') {
      const inside = infix(operand(), 0)
      take(')')
      return inside
    }
    if (word.text === '[') return list()
    if (word.text === '!' || word.text === 'not') {
      const inside = infix(operand(), 50)
      expectType(inside, 'bool', word.text)
      return { type: 'bool', value: state => !inside.value(state) }
    }
    if (word.text === '-') {
      const inside = infix(operand(), 90)
      expectType(inside, 'int', word.text)
      return { type: 'int', value: state => -(inside.value(state) as number) }
    }
    return undefined
  }

  function list(): Expression {
    const items = separated(']')
    const [first] = items
    for (const item of items) if (item.type !== first?.type) throw notSimulated('a list of different types')
    if (first !== undefined && first.type !== 'string' && first.type !== 'int')
      throw notSimulated(`a list of ${first.type}`)
    return { type: first?.type === 'int' ? 'ints' : 'strings', value: state => items.map(item => item.value(state)) }
  }

  function call(name: string): Expression {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (known === undefined) throw notSimulated(name)
    take('(')
    const args = separated(')')
    if (args.length !== known.takes.length)
      throw c.err(`${name}() takes ${known.takes.length} arguments, not ${args.length}`)
    for (const [i, type] of known.takes.entries()) expectType(args[i], type, `${name}()`)
    return {
      type: known.gives,
      value: state =>
        known.run(
          state,
          args.map(arg => arg.value(state)),
        ),
    }
  }

  function separated(end: string): Expression[] {
    const items: Expression[] = []
    while (words[at]?.text !== end || words[at]?.kind !== 'operator') {
      if (items.length > 0) take(',')
      items.push(infix(operand(), 0))
    }
    at++
    return items
  }

  function combine(operator: string, left: Expression, right: Expression): Expression {
    const both = (type: Type): void => {
      expectType(left, type, operator)
      expectType(right, type, operator)
    }
    const bool = (run: (a: Value, b: Value, state: State) => boolean): Expression => ({
      type: 'bool',
      value: state => run(left.value(state), right.value(state), state),
    })
    const text = (run: (a: string, b: string) => boolean): Expression => {
      both('string')
      return bool((a, b) => run(a as string, b as string))
    }
    switch (operator) {
      case 'or':
      case '||':
        both('bool')
        return { type: 'bool', value: state => left.value(state) === true || right.value(state) === true }
      case 'and':
      case '&&':
        both('bool')
        return { type: 'bool', value: state => left.value(state) === true && right.value(state) === true }
      case '==':
      case '!=':
        expectType(right, left.type, operator)
        return bool((a, b) => (a === b) === (operator === '=='))
      case 'in':
        expectType(right, left.type === 'int' ? 'ints' : 'strings', operator)
        return bool((a, b) => (b as readonly Value[]).includes(a))
      case 'contains':
        return text((a, b) => a.includes(b))
      case 'startsWith':
        return text((a, b) => a.startsWith(b))
      case 'endsWith':
        return text((a, b) => a.endsWith(b))
      case 'matches':
        return matches(left, right)
      case '<':
      case '>':
      case '<=':
      case '>=':
        if (left.type !== 'string') both('int')
        expectType(right, left.type, operator)
        return bool((a, b) => (a === b ? operator.endsWith('=') : a < b === operator.startsWith('<')))
      default:
        if (operator === '+' && left.type === 'string') {
          both('string')
          return { type: 'string', value: state => `${left.value(state)}${right.value(state)}` }
        }
        both('int')
        if (operator === '/') throw notSimulated('/')
        return {
          type: 'int',
          value: state => calculate(operator, left.value(state) as number, right.value(state) as number),
        }
    }
  }

  /** A pattern that is written down is compiled once; one that is put together is not simulated. */
  function matches(left: Expression, right: Expression): Expression {
    expectType(left, 'string', 'matches')
    const word = words[at - 1]
    if (word?.kind !== 'string' || right.type !== 'string')
      throw notSimulated('matches with a pattern that is no literal')
    const pattern = regularExpression(word.text, c, go => go)
    return { type: 'bool', value: state => pattern.match(left.value(state) as string) !== undefined }
  }

  function expectType(found: Expression | undefined, wanted: Type, where: string): void {
    if (found?.type !== wanted)
      throw c.err(`invalid operation: ${where} (mismatched types ${found?.type ?? 'nothing'} and ${wanted})`)
  }

  function take(...texts: readonly string[]): string {
    const word = words[at++]
    if (word === undefined || word.kind !== 'operator' || !texts.includes(word.text)) throw unexpected(word)
    return word.text
  }

  function unexpected(word: Word | undefined) {
    return c.err(
      word === undefined
        ? 'unexpected end of the expression'
        : `unexpected ${JSON.stringify(word.text)} in the expression`,
    )
  }

  function notSimulated(what: string) {
    return c.err(`${what}: not simulated in an expression of view`)
  }
}

function calculate(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (b === 0) throw new RunError('integer divide by zero')
  return a % b
}
