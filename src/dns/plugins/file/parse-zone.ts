import { KubehopError } from '../../../errors.ts'
import { checkName, fqdn, isSubDomain, parseRr, parseTtl, type Rr, TYPES, zoneWords } from '../../wire/index.ts'

const MAX_RECORDS = 100_000

/** Reads a zone file (RFC 1035 §5, RFC 2308 §4): `$ORIGIN`, `$TTL`, parentheses, blank owners. Throws KH_DNS with the line. */
export function parseZone(text: string, origin: string, path: string): Rr[] {
  const records: Rr[] = []
  let current = fqdn(origin)
  let ttl = 3600
  let owner: string | undefined
  for (const { line, text: logical } of logicalLines(text)) {
    try {
      const directive = /^\$([A-Z]+)\s+(\S+)/i.exec(logical)
      if (directive !== null) {
        const value = directive[2] ?? ''
        const name = directive[1]?.toUpperCase()
        if (name === 'ORIGIN') current = checkName(value.endsWith('.') ? value : `${value}.${current}`)
        else if (name === 'TTL') ttl = parseTtl(value) ?? ttl
        else throw new KubehopError('KH_DNS', `$${name} is not read here`)
        continue
      }
      const rr = parseRr(logical, { origin: current, ttl, ...(owner === undefined ? {} : { owner }) })
      owner = rr.name
      if (!isSubDomain(origin, rr.name)) continue
      if (records.length >= MAX_RECORDS) throw new KubehopError('KH_LIMIT', `more than ${MAX_RECORDS} records`)
      records.push({ ...rr, name: rr.name.toLowerCase() })
    } catch (error) {
      if (error instanceof KubehopError) throw new KubehopError(error.code, error.text, { file: path, line })
      throw error
    }
  }
  if (!records.some(rr => rr.type === TYPES.SOA))
    throw new KubehopError('KH_DNS', `file ${JSON.stringify(path)} has no SOA record for origin ${origin}`)
  return records
}

/** Lines with their parentheses joined and comments gone; empty ones left out. */
function* logicalLines(text: string): Generator<{ readonly line: number; readonly text: string }> {
  let open = 0
  let from = 0
  let parts: string[] = []
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const raw = (lines[i] ?? '').replace(/\r$/, '')
    const bare = raw.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/;.*/, '')
    const opened = bare.split('(').length - 1
    const closed = bare.split(')').length - 1
    if (open === 0) from = i + 1
    open += opened - closed
    parts.push(opened + closed > 0 || open > 0 || parts.length > 0 ? withoutParentheses(raw) : raw)
    if (open > 0) continue
    const joined = parts.join(' ')
    parts = []
    open = 0
    if (zoneWords(joined).length > 0) yield { line: from, text: joined }
  }
  if (open > 0) throw new KubehopError('KH_DNS', 'a parenthesis is not closed')
}

function withoutParentheses(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|;.*|[()]/g, part => (part.startsWith('"') ? part : ' '))
}
