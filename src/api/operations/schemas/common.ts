import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { PROXY_MODES } from '../../../cluster/index.ts'
import { POLICY_PROFILES, type PolicyProfile } from '../../../netpol/index.ts'

/** An object without other fields than these. */
export function strict<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false })
}

/** No input in this place. */
export const NOTHING = strict({})

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words, description = '') {
  return Type.Unsafe<Words[number]>({
    type: 'string',
    enum: [...words],
    ...(description === '' ? {} : { description }),
  })
}

export function maybe<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(schema)
}

export const Revision = Type.Integer({
  minimum: 1,
  maximum: 2 ** 31,
  description: 'a revision; left out: the current one',
})
/** Of an object, a node, a table. */
export const Name = Type.String({ minLength: 1, maxLength: 253 })
export const Port = Type.Integer({ minimum: 1, maximum: 65535 })
export const Seed = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })
/** Names, selectors, endpoints. */
export const Text = Type.String({ maxLength: 1024 })
export const Strings = Type.Array(Type.String())
export const Labels = Type.Record(Type.String(), Type.String())

export const Place = Type.Object({
  file: Type.String(),
  line: maybe(Type.Integer()),
  column: maybe(Type.Integer()),
})
export type Place = Static<typeof Place>

export const ObjectRef = Type.Object({
  kind: Type.String(),
  namespace: maybe(Type.String()),
  name: Type.String(),
})
export type ObjectRef = Static<typeof ObjectRef>

/** In lowest terms. Numbers beyond 2⁵³ are decimal strings. */
export const Fraction = Type.Object({
  numerator: Type.Union([Type.Number(), Type.String()]),
  denominator: Type.Union([Type.Number(), Type.String()]),
})

export const ProxyMode = oneOf(
  PROXY_MODES,
  'kube-proxy in this mode instead of the configured one; legacy: iptables as before Kubernetes 1.21',
)
export const GroupBy = oneOf(['pod', 'workload', 'namespace'], 'what a row or column is')
// The keys of a constant object are these words.
const PROFILES = Object.keys(POLICY_PROFILES) as PolicyProfile[]
export const Profile = oneOf(PROFILES, 'whose reading of what the policy API leaves open; default spec')

/** Any JSON, described elsewhere. */
export function described<T>(description: string) {
  return Type.Unsafe<T>({ description })
}

/** A schema for a type that is written elsewhere. */
export function schemaOf<T>(schema: TSchema) {
  return Type.Unsafe<T>(schema)
}
