import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Session } from '../../api/index.ts'

/** Seconds; a trace is in the low ones, a large matrix in the high ones. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

/** What a server counts, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #operations: Counter<'operation' | 'code'>
  readonly #seconds: Histogram<'operation'>

  /** `streams`: how many clients listen to events now. */
  constructor(session: Session, streams: () => number) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#operations = new Counter({
      name: 'kubehop_operations_total',
      help: 'Operations answered over HTTP, by how they ended: ok, or the code of the error.',
      labelNames: ['operation', 'code'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'kubehop_operation_duration_seconds',
      help: 'How long operations took.',
      labelNames: ['operation'],
      buckets: BUCKETS,
      registers,
    })
    gauge('kubehop_revision', 'The current revision of the cluster.', () => session.current.revision)
    gauge('kubehop_revisions', 'Revisions that are kept.', () => session.revisions.length)
    gauge('kubehop_pods', 'Pods of the current revision.', () => session.current.cluster.snapshot.pods.length)
    gauge('kubehop_nodes', 'Nodes of the current revision.', () => session.current.cluster.snapshot.nodes.length)
    gauge(
      'kubehop_services',
      'Services of the current revision.',
      () => session.current.cluster.snapshot.services.length,
    )
    gauge('kubehop_event_streams', 'Clients that listen to events.', streams)

    function gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    }
  }

  /** Calls an operation and counts how it ended. */
  measure<T>(operation: string, call: () => T, codeOf: (error: unknown) => string): T {
    const stop = this.#seconds.startTimer({ operation })
    let code = 'ok'
    try {
      return call()
    } catch (error) {
      code = codeOf(error)
      throw error
    } finally {
      stop()
      this.#operations.inc({ operation, code })
    }
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
