import type { Element } from '../sets/element.ts'
import type { SetSpec } from '../sets/nft-set.ts'
import type { DataType } from '../types/data-type.ts'
import { DATA_TYPES } from '../types/data-types.ts'
import { parseDuration, parseElements } from './parse-elements.ts'
import { parseExpr } from './parse-expr.ts'
import type { RuleScope } from './rule-scope.ts'
import type { TokenReader } from './token-reader.ts'

type Draft = { -readonly [K in keyof SetSpec]: SetSpec[K] }

/** The body of a set or map, between its braces. */
export function parseSetBody(scope: RuleScope, kind: 'set' | 'map'): { spec: SetSpec; elements: readonly Element[] } {
  const { reader } = scope
  const at = reader.expect('{')
  const draft: Draft = {
    kind,
    types: [],
    typeofText: null,
    data: null,
    dataText: null,
    interval: false,
    constant: false,
    dynamic: false,
    timeouts: false,
    timeout: 0,
    gcInterval: 0,
    size: 0,
    policyMemory: false,
    autoMerge: false,
    counter: false,
    comment: null,
  }
  let elements: readonly Element[] = []
  for (;;) {
    reader.skipEnds()
    if (reader.accept('}')) break
    if (reader.accept('elements')) {
      reader.expect('=')
      if (draft.types.length === 0) reader.fail('the type of the set must stand before its elements')
      elements = parseElements(reader, draft.types, draft.data)
    } else {
      readProperty(scope, draft)
    }
    if (!reader.sees('}')) reader.expectEnd()
  }
  if (draft.types.length === 0) reader.fail(`${kind} definition does not specify key`, at)
  if (kind === 'map' && draft.data === null) reader.fail('map definition does not specify mapping data type', at)
  checkElements(reader, draft, elements)
  return { spec: draft, elements }
}

/** Refuses what the flags of a set do not allow. */
export function checkElements(reader: TokenReader, spec: SetSpec, elements: readonly Element[]): void {
  for (const { key, timeout } of elements) {
    if (!spec.interval && key?.some(part => !part.single) === true) {
      reader.fail("You must add 'flags interval' to your set declaration if you want to add range elements")
    }
    if (timeout !== 0 && !spec.timeouts) reader.fail('elements with a timeout need a set with flags timeout')
  }
}

function readProperty(scope: RuleScope, draft: Draft): void {
  const { reader } = scope
  const token = reader.next
  switch (reader.name('a property of a set')) {
    case 'type':
      draft.types = parseTypes(reader)
      if (draft.kind === 'map') {
        reader.expect(':')
        if (reader.accept('verdict')) draft.data = 'verdict'
        else draft.data = parseTypes(reader)
        draft.dataText = draft.data === 'verdict' ? 'verdict' : draft.data.map(type => type.name).join(' . ')
      }
      break
    case 'typeof': {
      const expr = parseExpr(scope)
      draft.types = expr.types
      draft.typeofText = expr.text
      if (draft.kind === 'map') {
        reader.expect(':')
        if (reader.accept('verdict')) {
          draft.data = 'verdict'
          draft.dataText = 'verdict'
        } else {
          const data = parseExpr(scope)
          draft.data = data.types
          draft.dataText = data.text
        }
      }
      break
    }
    case 'flags':
      do readFlag(reader, draft)
      while (reader.accept(','))
      break
    case 'timeout':
      draft.timeout = parseDuration(reader)
      draft.timeouts = true
      break
    case 'gc-interval':
      draft.gcInterval = parseDuration(reader)
      break
    case 'size':
      draft.size = reader.number('a size')
      break
    case 'policy': {
      const policy = reader.name('performance or memory')
      if (policy !== 'performance' && policy !== 'memory')
        reader.fail(`policy ${policy}: performance or memory is expected`)
      draft.policyMemory = policy === 'memory'
      break
    }
    case 'auto-merge':
      draft.autoMerge = true
      break
    case 'counter':
      draft.counter = true
      break
    case 'comment':
      draft.comment = reader.quoted('a comment')
      break
    default:
      reader.fail(`unknown property "${token.text}" of a ${draft.kind}`, token)
  }
}

function readFlag(reader: TokenReader, draft: Draft): void {
  const token = reader.next
  switch (reader.name('a flag')) {
    case 'interval':
      draft.interval = true
      break
    case 'constant':
      draft.constant = true
      break
    case 'dynamic':
      draft.dynamic = true
      break
    case 'timeout':
      draft.timeouts = true
      break
    default:
      reader.fail(`unknown set flag "${token.text}"`, token)
  }
}

function parseTypes(reader: TokenReader): DataType[] {
  const types: DataType[] = []
  do {
    const token = reader.next
    const name = reader.name('a data type')
    const type = DATA_TYPES.get(name)
    if (type === undefined) reader.fail(`unknown datatype ${name}`, token)
    types.push(type)
  } while (reader.accept('.'))
  return types
}
