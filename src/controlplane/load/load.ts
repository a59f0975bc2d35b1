import { formatPlace, KubehopError, type Place } from '../../errors.ts'
import { convertLegacy, type Raw } from '../convert/convert-legacy.ts'
import { applyDefaults } from '../defaults/index.ts'
import type { FieldPath } from '../field-path.ts'
import { builtInKind, builtInKinds, groupOf, knownKind, tableName } from '../kinds.ts'
import { didYouMean } from '../names.ts'
import { nameSuffix, type RandomSource } from '../random-source.ts'
import { objectKey } from '../store/kind-table.ts'
import type { KubeObject, ObjectMeta } from '../types/index.ts'
import { checkSchema, type FieldError, isClusterPolicy, userMessage, validate } from '../validate/index.ts'
import type { Warning, WarningCode } from '../warning.ts'
import { type ManifestInput, Source } from './input.ts'
import { DEFAULT_LIMITS, type LoadLimits } from './limits.ts'
import { locate } from './locate.ts'
import { type DocumentPath, parseDocuments } from './parse-documents.ts'
import { withoutNulls } from './without-nulls.ts'

/** An object with its defaults, and where it came from. */
export interface LoadedObject {
  readonly object: KubeObject
  readonly origin: DocumentPath
}

export interface Loaded {
  readonly objects: readonly LoadedObject[]
  readonly warnings: readonly Warning[]
}

export interface LoadOptions {
  readonly random: RandomSource
  readonly limits?: LoadLimits
}

/** At most this many complaints about one object are printed. */
const MAX_COMPLAINTS = 10

/**
 * Reads manifests: YAML with any number of documents, JSON, Lists, what `kubectl get -o yaml|json` prints, and group versions
 * that Kubernetes has given up. Each object comes back converted, with defaults, and valid.
 *
 * Throws KH_YAML (not well-formed), KH_MANIFEST (an object that the API server would refuse), KH_LIMIT (too much).
 */
export function load(inputs: readonly ManifestInput[], options: LoadOptions): Loaded {
  return new Loader(options).load(inputs)
}

class Loader {
  readonly #random: RandomSource
  readonly #limits: LoadLimits
  readonly #warnings: Warning[] = []
  readonly #objects = new Map<string, LoadedObject>()
  readonly #seenKinds = new Set<string>()

  constructor(options: LoadOptions) {
    this.#random = options.random
    this.#limits = options.limits ?? DEFAULT_LIMITS
  }

  load(inputs: readonly ManifestInput[]): Loaded {
    for (const input of inputs) {
      for (const document of parseDocuments(new Source(input), this.#limits)) {
        if (document.value !== null && document.value !== undefined) this.#any(document.value, { document, path: [] })
      }
    }
    return { objects: [...this.#objects.values()], warnings: this.#warnings }
  }

  #any(value: unknown, origin: DocumentPath, inherited?: { apiVersion: string; kind: string }): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const found = Array.isArray(value) ? 'a list' : JSON.stringify(value)
      throw refused(origin, [], `${found} is not a Kubernetes object; expected a map with apiVersion and kind`)
    }
    const raw = withoutNulls(value) as Raw
    refuseProto(raw, origin)
    const apiVersion = raw.apiVersion ?? inherited?.apiVersion
    const kind = raw.kind ?? inherited?.kind
    if (typeof apiVersion !== 'string' || apiVersion === '')
      throw missing(origin, raw, 'apiVersion', 'such as v1 or apps/v1')
    if (typeof kind !== 'string' || kind === '') throw missing(origin, raw, 'kind', 'such as Pod')
    const items = raw.items
    if (kind.endsWith('List') && (Array.isArray(items) || items === undefined))
      this.#list(kind, apiVersion, items ?? [], origin)
    else this.#object({ ...raw, apiVersion, kind }, apiVersion, kind, origin)
  }

  /** `kind: List`, or a typed list such as PodList whose items need not repeat their kind. */
  #list(kind: string, apiVersion: string, items: readonly unknown[], origin: DocumentPath): void {
    const inherited = kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) }
    for (const [index, item] of items.entries()) {
      const path = [...origin.path, 'items', index]
      if (path.length > 2 * 8) throw refused(origin, [], 'Lists are nested too deeply')
      this.#any(item, { document: origin.document, path }, inherited)
    }
  }

  #object(raw: Raw, apiVersion: string, kind: string, origin: DocumentPath): void {
    const group = groupOf(apiVersion)
    if (
      group === 'kubehop.dev' ||
      group === 'kustomize.config.k8s.io' ||
      group === 'kubeadm.k8s.io' ||
      group === 'kubeproxy.config.k8s.io'
    ) {
      const { file } = locate(origin)
      const hint = group.startsWith('kustomize')
        ? '; run `kustomize build` and load what it prints'
        : group === 'kubehop.dev'
          ? `; as the cluster's shape it is given with --config ${file}`
          : ''
      this.#warn(
        'IGNORED_DOCUMENT',
        `${apiVersion} ${kind} is not an object of the cluster${hint}`,
        locate(origin),
        kind,
      )
      return
    }
    const legacy = convertLegacy(apiVersion, kind, raw)
    if (legacy?.notice !== undefined) this.#warn('LEGACY_API', legacy.notice, locate(origin), kind)
    const current = legacy?.object ?? raw
    const object = this.#typed(current, kind, origin)
    this.#noteUnknownKind(object, origin)
    const complaints = validate(object)
    if (complaints.length > 0) throw refusal(origin, object, complaints)
    this.#keep(object, origin)
  }

  /** Checks the field types, completes the metadata and fills in the defaults. */
  #typed(raw: Raw, kind: string, origin: DocumentPath): KubeObject {
    const info = knownKind(String(raw.apiVersion), kind)
    const known = (info !== undefined && info.version !== '') || isClusterPolicy(String(raw.apiVersion), kind)
    const errors = known ? checkSchema(kind, raw) : checkSchema('AnyObject', { metadata: raw.metadata })
    const wrong = errors.filter(error => error.type !== 'Unknown')
    if (wrong.length > 0) throw refusal(origin, raw, wrong)
    for (const error of errors) {
      this.#warn('UNKNOWN_FIELD', userMessage(error), locate(origin, error.path), describe(raw))
    }
    const metadata = this.#metadata(raw, origin, info?.namespaced)
    return applyDefaults({ ...raw, apiVersion: String(raw.apiVersion), kind, metadata })
  }

  #metadata(raw: Raw, origin: DocumentPath, namespaced: boolean | undefined): ObjectMeta {
    const given = (raw.metadata ?? {}) as Partial<ObjectMeta>
    let name = given.name ?? ''
    if (name === '' && (given.generateName ?? '') !== '') {
      name = `${given.generateName}${nameSuffix(this.#random, `${origin.document.source.name}\0${JSON.stringify(raw)}`)}`
    }
    if (name === '') throw missing(origin, raw, 'metadata.name', 'a name')
    const { namespace, ...rest } = given
    if (namespaced === false) return { ...rest, name }
    const filled =
      namespace === undefined || namespace === '' ? (namespaced === true ? 'default' : undefined) : namespace
    return { ...rest, name, ...(filled === undefined ? {} : { namespace: filled }) }
  }

  #noteUnknownKind(object: KubeObject, origin: DocumentPath): void {
    const { apiVersion, kind } = object
    if (knownKind(apiVersion, kind) !== undefined || this.#seenKinds.has(`${apiVersion} ${kind}`)) return
    this.#seenKinds.add(`${apiVersion} ${kind}`)
    const present = builtInKind(kind)
    const near = didYouMean(
      kind,
      builtInKinds().map(info => info.kind),
    )
    const version = present && (present.group === '' ? present.version : `${present.group}/${present.version}`)
    const hint =
      version !== undefined ? `; ${kind} belongs to ${version}` : near !== undefined ? `; did you mean ${near}?` : ''
    const message = `unknown kind ${kind} of ${apiVersion}: kept, but nothing here acts on it${hint}`
    this.#warn('UNKNOWN_KIND', message, locate(origin, ['kind']), describe(object))
  }

  #keep(object: KubeObject, origin: DocumentPath): void {
    const key = `${tableName(object.apiVersion, object.kind)}/${objectKey(object.metadata.namespace, object.metadata.name)}`
    const earlier = this.#objects.get(key)
    if (earlier !== undefined) {
      const message = `${describe(object)} is given already at ${formatPlace(locate(earlier.origin))}; the later one counts`
      this.#warn('DUPLICATE_OBJECT', message, locate(origin), describe(object))
    }
    this.#objects.set(key, { object, origin })
  }

  #warn(code: WarningCode, message: string, place: Place, object: string): void {
    this.#warnings.push({ code, message, place, object })
  }
}

/** A key of this name could reach JavaScript's own machinery wherever objects are merged; no Kubernetes field has it. */
function refuseProto(value: object, origin: DocumentPath, path: FieldPath = []): void {
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__') throw refused(origin, [...path, key], '__proto__ cannot be a field')
    if (typeof child === 'object' && child !== null) {
      refuseProto(child, origin, [...path, Array.isArray(value) ? Number(key) : key])
    }
  }
}

function refused(origin: DocumentPath, path: FieldPath, text: string): KubehopError {
  return new KubehopError('KH_MANIFEST', text, locate(origin, path))
}

function missing(origin: DocumentPath, raw: Raw, field: string, expected: string): KubehopError {
  const around = raw.metadata !== undefined && field.startsWith('metadata') ? ['metadata'] : []
  return refused(origin, around, `${field}: is missing or not a string; expected ${expected}`)
}

function refusal(origin: DocumentPath, object: Raw | KubeObject, errors: readonly FieldError[]): KubehopError {
  const [first, ...others] = errors.slice(0, MAX_COMPLAINTS)
  if (first === undefined) return refused(origin, [], 'is invalid')
  const lines = others.map(error => `\n  ${formatPlace(locate(origin, error.path))}: ${userMessage(error)}`)
  const template = JSON.stringify(first.value ?? '').includes('{{')
  const hint = template
    ? '; this looks like an unexpanded template: run `helm template CHART` and load what it prints'
    : ''
  return refused(origin, first.path, `${userMessage(first)} (${describe(object)})${hint}${lines.join('')}`)
}

function describe(object: Raw | KubeObject): string {
  const metadata = (object as { metadata?: Partial<ObjectMeta> }).metadata
  const kind = String((object as { kind?: unknown }).kind ?? 'object')
  const name = typeof metadata?.name === 'string' ? metadata.name : '?'
  return `${kind} ${typeof metadata?.namespace === 'string' ? `${metadata.namespace}/` : ''}${name}`
}
