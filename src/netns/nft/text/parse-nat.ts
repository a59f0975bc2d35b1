import { MapExpr } from '../expr/map-expr.ts'
import { type NatSpec, natStatement } from '../statements/nat.ts'
import type { Statement } from '../statements/statement.ts'
import { INET_SERVICE, IPV4_ADDR, IPV6_ADDR } from '../types/data-types.ts'
import type { Interval } from '../types/interval.ts'
import { parseExpr, seesExpr } from './parse-expr.ts'
import { parseInterval } from './parse-value.ts'
import type { RuleScope } from './rule-scope.ts'

/** What stands behind `dnat`, `snat`, `masquerade` or `redirect`. */
export function parseNat(scope: RuleScope, verb: NatSpec['verb'], hasTransport: boolean): Statement {
  const { reader, family } = scope
  let v6 = family === 'ip6'
  let familyWord = ''
  if (verb === 'dnat' || verb === 'snat') {
    const said = reader.sees('ip') || reader.sees('ip6') ? reader.take().text : ''
    if (said !== '') v6 = said === 'ip6'
    else if (family === 'inet')
      v6 = reader.next.text === '[' || (reader.next.kind === 'address' && reader.next.text.includes(':'))
    if (family === 'inet' || (said !== '' && seesMap(scope))) familyWord = v6 ? 'ip6 ' : 'ip '
  }
  let address: NatSpec['address'] = null
  let ports: Interval | null = null
  if (reader.accept('to')) {
    if (verb === 'dnat' || verb === 'snat') {
      address = parseTarget(scope, v6)
    }
    if (reader.accept(':')) {
      if (!hasTransport) reader.fail('transport protocol mapping is only valid after transport protocol match')
      ports = parseInterval(reader, INET_SERVICE)
    } else if (address === null) {
      reader.unexpected('":"')
    }
  } else if (verb === 'dnat' || verb === 'snat') {
    reader.unexpected('"to"')
  }
  if (address instanceof MapExpr && familyWord === '' && hasPorts(address)) familyWord = v6 ? 'ip6 ' : 'ip '
  return natStatement({ verb, familyWord, address, ports, flags: parseFlags(scope) })
}

function seesMap(scope: RuleScope): boolean {
  return scope.reader.next.text === 'to'
}

/** Whether elements of the map have a port too. */
function hasPorts(address: MapExpr): boolean {
  for (const { data } of address.map.store?.values() ?? [])
    if (data?.kind === 'values' && data.values.length > 1) return true
  return false
}

function parseTarget(scope: RuleScope, v6: boolean): NatSpec['address'] {
  const { reader } = scope
  const type = v6 ? IPV6_ADDR : IPV4_ADDR
  if (seesExpr(scope)) {
    const token = reader.next
    const expr = parseExpr(scope, [type, INET_SERVICE], 1)
    if (!(expr instanceof MapExpr)) return reader.fail('an address or a map is expected', token)
    return expr
  }
  if (reader.next.kind === 'symbol' && reader.next.text === ':') return null
  if (!reader.accept('[')) return parseInterval(reader, type)
  const inner = parseInterval(reader, type)
  reader.expect(']')
  return inner
}

function parseFlags({ reader }: RuleScope): NatSpec['flags'] {
  let [random, fullyRandom, persistent] = [false, false, false]
  do {
    if (reader.accept('random')) random = true
    else if (reader.accept('fully-random')) fullyRandom = true
    else if (reader.accept('persistent')) persistent = true
    else break
  } while (reader.accept(','))
  return { random, fullyRandom, persistent }
}
