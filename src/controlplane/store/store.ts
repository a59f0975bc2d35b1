import { tableName } from '../kinds.ts'
import { createRandomSource, type RandomSource, uidFor } from '../random-source.ts'
import type { Snapshot } from '../snapshot.ts'
import type { KubeObject } from '../types/index.ts'
import { KindTable } from './kind-table.ts'
import { emptyMap } from './persistent-map.ts'
import { same } from './same.ts'
import { StoreSnapshot, type Tables } from './store-snapshot.ts'

/** One write. There is exactly one for every revision. */
export interface Change {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The kind as `Snapshot.list` takes it. */
  readonly table: string
  /** The object after the write; for DELETED, as it was last. */
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
}

export interface StoreOptions {
  readonly random?: RandomSource
  /** How many past revisions stay readable (`at`, `changesSince`). */
  readonly historyLimit?: number
}

interface Version {
  readonly tables: Tables
  readonly change: Change | undefined
}

/**
 * All objects, in versions. Every effective write makes one revision; past revisions, snapshots and forks share what did not
 * change. Objects handed in are taken over, not copied: they must not be changed afterwards.
 */
export class Store {
  readonly #random: RandomSource
  readonly #historyLimit: number
  /** `#versions[i]` is revision `#oldest + i`; the last one is the present. */
  #versions: Version[]
  #oldest: number
  readonly #watchers = new Set<(change: Change) => void>()

  constructor(options: StoreOptions = {}) {
    this.#random = options.random ?? createRandomSource()
    this.#historyLimit = Math.max(1, options.historyLimit ?? 4096)
    this.#versions = [{ tables: emptyMap(), change: undefined }]
    this.#oldest = 0
  }

  get revision(): number {
    return this.#oldest + this.#versions.length - 1
  }

  /** The oldest revision that can still be read. */
  get oldestRevision(): number {
    return this.#oldest
  }

  snapshot(): Snapshot {
    return new StoreSnapshot(this.revision, this.#present)
  }

  /** The store as it was at a revision; undefined where that is in the future or no longer kept. */
  at(revision: number): Snapshot | undefined {
    const version = this.#versions[revision - this.#oldest]
    return version && new StoreSnapshot(revision, version.tables)
  }

  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#present.get(kind)?.get(namespace, name)
  }

  /**
   * Creates or replaces an object and returns it as stored: with uid, resourceVersion and, where the spec changed, the next
   * generation. Writing what is already there makes no revision.
   */
  apply(object: KubeObject): KubeObject {
    const name = tableName(object.apiVersion, object.kind)
    const table = this.#present.get(name) ?? KindTable.EMPTY
    const { namespace, name: objectName } = object.metadata
    const previous = table.get(namespace, objectName)
    if (previous !== undefined && unchanged(previous, object)) return previous
    const revision = this.revision + 1
    const uid =
      object.metadata.uid ?? previous?.metadata.uid ?? uidFor(this.#random, `${name}/${namespace ?? ''}/${objectName}`)
    const stored: KubeObject = {
      ...object,
      metadata: { ...object.metadata, uid, resourceVersion: String(revision), ...generation(previous, object) },
    }
    this.#commit(this.#present.set(name, table.with(stored)), {
      revision,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      table: name,
      object: stored,
      previous,
    })
    return stored
  }

  /** Removes an object; returns it as it was, or undefined where there was none. */
  delete(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const table = this.#present.get(kind)
    const previous = table?.get(namespace, name)
    if (table === undefined || previous === undefined) return undefined
    const revision = this.revision + 1
    const change: Change = { revision, type: 'DELETED', table: kind, object: previous, previous }
    this.#commit(this.#present.set(kind, table.without(namespace, name)), change)
    return previous
  }

  /** A store with the same present, past and future revisions of its own. Costs nothing but its history list. */
  fork(): Store {
    const copy = new Store({ random: this.#random, historyLimit: this.#historyLimit })
    copy.#versions = this.#versions.slice()
    copy.#oldest = this.#oldest
    return copy
  }

  /** The writes after a revision, oldest first; undefined where some of them are no longer kept ("Expired", 410). */
  changesSince(revision: number): readonly Change[] | undefined {
    if (revision < this.#oldest) return undefined
    const changes: Change[] = []
    for (let i = revision - this.#oldest + 1; i < this.#versions.length; i++) {
      const change = this.#versions[i]?.change
      if (change !== undefined) changes.push(change)
    }
    return changes
  }

  /** Calls `watcher` after every later write, in order. Returns the way to stop. */
  watch(watcher: (change: Change) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  get #present(): Tables {
    return this.#versions[this.#versions.length - 1]?.tables ?? emptyMap()
  }

  #commit(tables: Tables, change: Change): void {
    this.#versions.push({ tables, change })
    if (this.#versions.length > 2 * this.#historyLimit) {
      const surplus = this.#versions.length - this.#historyLimit
      this.#versions = this.#versions.slice(surplus)
      this.#oldest += surplus
    }
    for (const watcher of this.#watchers) watcher(change)
  }
}

function unchanged(previous: KubeObject, next: KubeObject): boolean {
  if (previous === next) return true
  const { resourceVersion: _a, uid, generation: _b, ...before } = previous.metadata
  const { resourceVersion: _c, uid: nextUid, generation: _d, ...after } = next.metadata
  return (
    (nextUid === undefined || uid === nextUid) &&
    same(before, after) &&
    same({ ...previous, metadata: 0 }, { ...next, metadata: 0 })
  )
}

/** Kinds whose `metadata.generation` counts the changes of their spec. Services, ConfigMaps and Secrets have none. */
const WITHOUT_GENERATION: ReadonlySet<string> = new Set([
  'Service',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Namespace',
  'Node',
  'ServiceAccount',
])

function generation(previous: KubeObject | undefined, next: KubeObject): { generation?: number } {
  if (WITHOUT_GENERATION.has(next.kind) || !('spec' in next)) return {}
  if (previous === undefined) return { generation: next.metadata.generation ?? 1 }
  const before = previous.metadata.generation ?? 1
  const changed = !same((previous as { spec?: unknown }).spec, (next as { spec?: unknown }).spec)
  return { generation: changed ? before + 1 : before }
}
