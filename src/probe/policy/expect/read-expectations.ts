import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { KubehopError, type Place } from '../../../errors.ts'
import type { Expectation, ExpectedPort } from './expectation.ts'

const SIZE = 4 << 20
const COUNT = 10_000

/**
 * Reads a file of expectations: `expect:` with a list of `allow`, `deny` or `only`, each with `from`, `to` and perhaps `port`.
 * Throws KH_YAML, KH_CONFIG, KH_LIMIT with the place.
 */
export function readExpectations(file: string, text: string): readonly Expectation[] {
  if (text.length > SIZE) throw new KubehopError('KH_LIMIT', `expectations are larger than ${SIZE >> 20} MiB`, { file })
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const document = parseYaml(text, lines, file, placeAt)
  const root = document.contents
  const list = isMap(root) ? root.get('expect', true) : undefined
  if (!isSeq(list)) throw new KubehopError('KH_CONFIG', 'expected a list under `expect:`', { file, line: 1 })
  if (list.items.length > COUNT) throw new KubehopError('KH_LIMIT', `more than ${COUNT} expectations`, { file })
  return list.items.map((item, i) => {
    // Items of a parsed list are nodes.
    const node = item as Node
    return expectation(node, i, placeAt(node?.range?.[0] ?? 0))
  })
}

function parseYaml(text: string, lineCounter: LineCounter, file: string, placeAt: (offset: number) => Place) {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })
    const error = document.errors[0]
    if (error !== undefined)
      throw new KubehopError('KH_YAML', `not well-formed YAML: ${error.message}`, placeAt(error.pos[0]))
    return document
  } catch (error) {
    if (error instanceof KubehopError) throw error
    throw new KubehopError(
      'KH_YAML',
      `not well-formed YAML: ${error instanceof Error ? error.message : String(error)}`,
      { file },
    )
  }
}

function expectation(node: Node, index: number, place: Place): Expectation {
  const wrong = (text: string): KubehopError => new KubehopError('KH_CONFIG', `expect[${index}]: ${text}`, place)
  if (!isMap(node)) throw wrong('expected a map with allow, deny or only')
  const kinds = (['allow', 'deny', 'only'] as const).filter(kind => node.has(kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) throw wrong('expected exactly one of allow, deny, only')
  for (const { key } of node.items) {
    const name = isScalar(key) ? String(key.value) : '?'
    if (!['allow', 'deny', 'only', 'name', 'quantifier', 'hypothetical'].includes(name))
      throw wrong(`unknown field ${name}`)
  }
  const body = plain(node.get(kind, true), wrong)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw wrong(`${kind}: expected a map with from and to`)
  const fields = new Map(Object.entries(body))
  for (const key of fields.keys())
    if (!['from', 'to', 'port', 'ports', 'protocol'].includes(key)) throw wrong(`${kind}: unknown field ${key}`)
  const from = texts(fields.get('from'), `${kind}.from`, wrong)
  const to = texts(fields.get('to'), `${kind}.to`, wrong)
  const quantifier = node.get('quantifier') ?? 'all'
  if (quantifier !== 'all' && quantifier !== 'any' && quantifier !== 'none')
    throw wrong('quantifier: expected all, any or none')
  const ports = readPorts(fields.get('port') ?? fields.get('ports'), fields.get('protocol'), wrong)
  const name = node.get('name')
  const about = ports.length === 0 ? '' : ` on ${ports.map(one => `${one.protocol} ${one.port}`).join(', ')}`
  return {
    name: typeof name === 'string' ? name : `${kind} ${from.join(', ')} -> ${to.join(', ')}${about}`,
    kind,
    from,
    to,
    ports,
    quantifier,
    hypothetical: node.get('hypothetical') === true,
    place,
  }
}

type Wrong = (text: string) => KubehopError

function plain(value: unknown, wrong: Wrong): unknown {
  try {
    return isMap(value) || isSeq(value) || isScalar(value) ? (value.toJSON() as unknown) : value
  } catch {
    throw wrong('aliases are not taken here')
  }
}

function texts(value: unknown, field: string, wrong: Wrong): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((one): one is string => typeof one === 'string' && one !== ''))
    throw wrong(
      `${field}: expected text such as app=web, namespace/NAME, NAMESPACE/POD, external or a CIDR, or a list of them`,
    )
  return list
}

function readPorts(value: unknown, protocol: unknown, wrong: Wrong): readonly ExpectedPort[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(one => {
    const match = /^(?:(TCP|UDP|SCTP)[/ ])?(\d{1,5})$/i.exec(String(one))
    const port = Number(match?.[2])
    const word = (match?.[1] ?? (typeof protocol === 'string' ? protocol : 'TCP')).toUpperCase()
    if (!(port >= 1 && port <= 65535)) throw wrong(`port: ${JSON.stringify(one)} is not a port such as 8080 or UDP/53`)
    if (word !== 'TCP' && word !== 'UDP' && word !== 'SCTP')
      throw wrong(`protocol: ${word} is not one of TCP, UDP, SCTP`)
    return { protocol: word, port }
  })
}
