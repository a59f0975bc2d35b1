import type { Place } from '../errors.ts'
import { carryOver } from './carry-over.ts'
import {
  type AssignPodIP,
  CONTROLLERS,
  type ControllerContext,
  lowestFreeAddress,
  MANAGED_BY,
  SERVICE_NAME,
  SLICE_MANAGER,
} from './controllers/index.ts'
import { applyDefaults } from './defaults/index.ts'
import { type FieldPath, parsePath } from './field-path.ts'
import { furnish } from './furniture/index.ts'
import { tableName } from './kinds.ts'
import { type DocumentPath, type LoadLimits, load, locate, type ManifestInput } from './load/index.ts'
import { overlapWarnings } from './overlaps.ts'
import { orphansOf, ownerGraph } from './owner-graph.ts'
import { createRandomSource, type RandomSource } from './random-source.ts'
import { type ClusterShape, type ResolvedShape, resolveShape } from './shape.ts'
import type { Snapshot } from './snapshot.ts'
import { Store } from './store/index.ts'
import { objectKey } from './store/kind-table.ts'
import type { EndpointSlice, Endpoints, KubeObject } from './types/index.ts'
import type { Warning, WarningCode } from './warning.ts'

export interface ControlPlaneOptions {
  readonly shape?: ClusterShape
  readonly random?: RandomSource
  /** Gives pods their addresses; by default the lowest free one of the node's podCIDR. */
  readonly assignPodIP?: AssignPodIP
  readonly limits?: LoadLimits
  /** How many past revisions stay readable. */
  readonly historyLimit?: number
}

/** More rounds than any rollout needs; reaching it is reported as NOT_SETTLED. */
const MAX_ROUNDS = 200

/** What a fork copies; the maps hold only what was loaded. */
interface Memory {
  readonly origins: Map<string, DocumentPath>
  readonly handmade: Set<string>
  loadWarnings: Warning[]
  settleWarnings: Warning[]
  furnished: boolean
}

/**
 * The objects of a cluster and the controllers that act on them. Load manifests, settle, then read snapshots: each is an
 * immutable value. Nothing here knows packets, clocks or files.
 */
export class ControlPlane {
  readonly store: Store
  readonly shape: ResolvedShape
  readonly #random: RandomSource
  readonly #limits: LoadLimits | undefined
  readonly #memory: Memory
  assignPodIP: AssignPodIP

  constructor(options: ControlPlaneOptions, from?: ControlPlane) {
    this.shape = from?.shape ?? resolveShape(options.shape)
    this.#random = options.random ?? createRandomSource()
    this.#limits = options.limits
    this.assignPodIP = options.assignPodIP ?? lowestFreeAddress
    const { historyLimit } = options
    this.store =
      from?.store.fork() ?? new Store({ random: this.#random, ...(historyLimit === undefined ? {} : { historyLimit }) })
    const memory = from === undefined ? undefined : from.#memory
    this.#memory = {
      origins: new Map(memory?.origins),
      handmade: new Set(memory?.handmade),
      loadWarnings: [...(memory?.loadWarnings ?? [])],
      settleWarnings: [...(memory?.settleWarnings ?? [])],
      furnished: memory?.furnished ?? false,
    }
  }

  /** What the user should know of what was loaded and how it settled. */
  get warnings(): readonly Warning[] {
    return [...this.#memory.loadWarnings, ...this.#memory.settleWarnings]
  }

  /**
   * Takes manifests into the store, all or nothing. An object that exists is replaced, but for what the system had filled in.
   * Throws KH_YAML, KH_MANIFEST, KH_LIMIT.
   */
  load(inputs: readonly ManifestInput[]): void {
    const loaded = load(inputs, {
      random: this.#random,
      ...(this.#limits === undefined ? {} : { limits: this.#limits }),
    })
    for (const { object, origin } of loaded.objects) {
      this.#memory.origins.set(keyOf(object), origin)
      this.#write(object)
    }
    this.#memory.loadWarnings.push(...loaded.warnings)
    this.#noteHandmade(loaded.objects.map(one => one.object))
  }

  /** Takes objects that are at hand already, such as those of a patch. Defaults are filled in; nothing is checked. */
  apply(objects: readonly KubeObject[]): void {
    const complete = objects.map(applyDefaults)
    for (const object of complete) this.#write(object)
    this.#noteHandmade(complete)
  }

  /** Removes an object, and what it controls. Returns whether it was there. */
  delete(kind: string, namespace: string | undefined, name: string): boolean {
    const snapshot = this.store.snapshot()
    const gone = this.store.delete(kind, namespace, name)
    if (gone === undefined) return false
    const owners = ownerGraph(table => snapshot.list(table))
    for (const orphan of orphansOf(owners, gone.metadata.uid ?? '')) {
      const { apiVersion, kind: orphanKind, metadata } = orphan
      this.store.delete(tableName(apiVersion, orphanKind), metadata.namespace, metadata.name)
    }
    return true
  }

  /**
   * Runs the controllers until nothing changes. The first time, it also puts in what every cluster has. Settling twice is
   * settling once. Problems become warnings.
   */
  settle(): Snapshot {
    if (!this.#memory.furnished) {
      furnish(this.store, this.shape)
      this.#memory.furnished = true
    }
    let before = -1
    for (let round = 0; round < MAX_ROUNDS && before !== this.store.revision; round++) {
      before = this.store.revision
      const warnings: Warning[] = [...overlapWarnings(this.shape, this.store.snapshot().nodes)]
      const context = this.#context(warnings)
      for (const controller of CONTROLLERS) controller(context)
      this.#memory.settleWarnings = warnings
    }
    if (before !== this.store.revision) {
      const message = `the controllers still make changes after ${MAX_ROUNDS} rounds`
      this.#memory.settleWarnings.push({ code: 'NOT_SETTLED', message })
    }
    return this.snapshot()
  }

  snapshot(): Snapshot {
    return this.store.snapshot()
  }

  /** The cluster as it was; undefined where that revision is not kept. */
  at(revision: number): Snapshot | undefined {
    return this.store.at(revision)
  }

  /** A copy that goes its own way. Shares everything that does not change. */
  fork(): ControlPlane {
    const options: ControlPlaneOptions = {
      random: this.#random,
      assignPodIP: this.assignPodIP,
      ...(this.#limits === undefined ? {} : { limits: this.#limits }),
    }
    return new ControlPlane(options, this)
  }

  /**
   * Where an object, or a field of it (`spec.ports[0].port`), was written. An object that a controller made comes from the
   * object that owns it. Undefined where no manifest speaks of it.
   */
  originOf(object: KubeObject, path: FieldPath | string = []): Place | undefined {
    const origin = this.#memory.origins.get(keyOf(object))
    if (origin !== undefined) return locate(origin, typeof path === 'string' ? parsePath(path) : path)
    const owner = object.metadata.ownerReferences?.find(one => one.controller === true)
    if (owner === undefined || owner.kind === object.kind) return undefined
    const namespace = owner.kind === 'Node' ? undefined : object.metadata.namespace
    const found = this.store.get(tableName(owner.apiVersion, owner.kind), namespace, owner.name)
    return found && this.originOf(found)
  }

  #context(warnings: Warning[]): ControllerContext {
    const { store, shape } = this
    const warn = (code: WarningCode, message: string, object?: KubeObject): void => {
      const place = object && this.originOf(object)
      warnings.push({
        code,
        message: object === undefined ? message : `${describe(object)}: ${message}`,
        ...(place === undefined ? {} : { place }),
        ...(object === undefined ? {} : { object: describe(object) }),
      })
    }
    return { store, shape, random: this.#random, assignPodIP: this.assignPodIP, handmade: this.#memory.handmade, warn }
  }

  #write(object: KubeObject): void {
    const { apiVersion, kind, metadata } = object
    const before = this.store.get(tableName(apiVersion, kind), metadata.namespace, metadata.name)
    this.store.apply(before === undefined ? object : carryOver(before, object))
  }

  /**
   * Services whose endpoints the user wrote: slices that no controller of Kubernetes manages, and endpoints of a dump that
   * holds none of the pods they point to. What the endpoint controllers would make of the pods at hand must not replace them.
   */
  #noteHandmade(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const { namespace = '', name, labels = {} } = object.metadata
      if (object.kind === 'EndpointSlice') {
        const service = labels[SERVICE_NAME]
        const { endpoints } = object as EndpointSlice
        const managed = labels[MANAGED_BY] === SLICE_MANAGER
        if (service === undefined || (managed && this.#pointsToPods(namespace, endpoints))) continue
        if (labels[MANAGED_BY] === undefined || managed) this.#memory.handmade.add(`${namespace}/${service}`)
      } else if (object.kind === 'Endpoints') {
        const addresses = (object as Endpoints).subsets?.flatMap(one => [
          ...(one.addresses ?? []),
          ...(one.notReadyAddresses ?? []),
        ])
        if (!this.#pointsToPods(namespace, addresses ?? [])) this.#memory.handmade.add(`${namespace}/${name}`)
      }
    }
  }

  /** True also where there is nothing that could point anywhere. */
  #pointsToPods(namespace: string, endpoints: readonly { readonly targetRef?: { readonly name: string } }[]): boolean {
    if (endpoints.length === 0) return true
    return endpoints.some(
      ({ targetRef }) => targetRef !== undefined && this.store.get('Pod', namespace, targetRef.name) !== undefined,
    )
  }
}

/** The control plane of a new, empty cluster. Throws KH_CONFIG where the shape is wrong. */
export function createControlPlane(options: ControlPlaneOptions = {}): ControlPlane {
  return new ControlPlane(options)
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${tableName(apiVersion, kind)}/${objectKey(metadata.namespace, metadata.name)}`
}

function describe({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}
