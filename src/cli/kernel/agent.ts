import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program to run in a namespace (null: outside). Those of one group run one after the other, all others at once. */
export interface Job {
  readonly ns: string | null
  readonly argv: readonly string[]
  readonly input?: string
  readonly group?: string
}

/** What `ip -batch` or `bridge -batch` takes, for a namespace (null: outside). */
export type Lines = readonly [ns: string | null, program: 'ip' | 'bridge', lines: readonly string[]]

export type JobResult = readonly [status: number, stdout: string, stderr: string]

/** A frame as a packet socket saw it: microseconds since 1970, its place, `In|B|M|P|Out`, base64. */
export type AgentFrame = readonly [time: number, ns: string, dev: string, direction: string, bytes: string]

export interface AgentReport {
  readonly result: string
  /** Namespace, protocol, port, peer, its port, local address, TTL, bytes. */
  readonly served: readonly (readonly [string, string, number, string, number, string, number, number])[]
  readonly frames: readonly AgentFrame[]
  /** Milliseconds since `drain`. */
  readonly at: number
}

export interface AgentNeighbour {
  readonly dev: string
  readonly state: string
  readonly flags: number
  readonly addr: string
  readonly mac: string
  readonly master?: string
  readonly vlan?: number
}

/**
 * The process that holds the namespaces of one world after the other. They have no names: when it ends, however it ends,
 * nothing of them is left.
 */
export class KernelAgent {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = []
  #errors = ''

  constructor() {
    const script = fileURLToPath(new URL('agent.py', import.meta.url))
    const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
    this.#process = spawn(existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3', ['-B', '-S', '-E', script], {
      env: { PATH: path, LANG: 'C' },
    })
    this.#process.stderr.on('data', data => {
      this.#errors += String(data)
    })
    createInterface({ input: this.#process.stdout }).on('line', line => {
      const answer: { readonly ok?: unknown; readonly error?: string } = JSON.parse(line)
      const waiting = this.#waiting.shift()
      if (answer.error !== undefined) waiting?.reject(new Error(`agent: ${answer.error}`))
      else waiting?.resolve(answer.ok)
    })
    this.#process.on('exit', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the agent ended: ${this.#errors}`))
    })
  }

  /** Names of namespaces → paths that `ip` takes after `netns`. */
  create(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    return this.#call('create', { names })
  }

  /** Gives everything back: sockets, captures, namespaces. */
  close(): Promise<void> {
    return this.#call('close', {})
  }

  sysctl(items: readonly (readonly [ns: string, path: string, value: string])[]): Promise<readonly string[][]> {
    return this.#call('sysctl', { items })
  }

  run(jobs: readonly Job[]): Promise<readonly JobResult[]> {
    return this.#call('run', { jobs })
  }

  /** Lines for `ip` or `bridge`, each job's in order, all jobs at once. `directly: false`: by the programs, also where the agent could. */
  configure(jobs: readonly Lines[], options: { readonly directly?: boolean } = {}): Promise<readonly JobResult[]> {
    return this.#call('configure', { jobs, ...options })
  }

  read(ns: string, path: string): Promise<string> {
    return this.#call('read', { ns, path })
  }

  /** Turns segmentation and receive offloads off: frames are then what the wire carries. */
  offload(names: readonly string[]): Promise<void> {
    return this.#call('offload', { names })
  }

  /** Devices that were not operational in time (seconds). */
  running(devices: readonly (readonly [ns: string, dev: string])[], timeout: number): Promise<readonly string[][]> {
    return this.#call('running', { devices, timeout })
  }

  listen(items: readonly object[]): Promise<readonly string[]> {
    return this.#call('listen', { items })
  }

  unlisten(item: object): Promise<string> {
    return this.#call('unlisten', item)
  }

  capture(names: readonly string[]): Promise<void> {
    return this.#call('capture', { names })
  }

  drain(): Promise<void> {
    return this.#call('drain', {})
  }

  probe(options: object): Promise<AgentReport> {
    return this.#call('probe', options)
  }

  wait(ms: number): Promise<AgentReport> {
    return this.#call('wait', { ms })
  }

  report(): Promise<AgentReport> {
    return this.#call('report', {})
  }

  /** IPv4 neighbours, IPv6 neighbours, FDB. */
  neighbours(names: readonly string[]): Promise<Readonly<Record<string, readonly (readonly AgentNeighbour[])[]>>> {
    return this.#call('neighbours', { names })
  }

  /** Ends the process. */
  stop(): void {
    this.#process.stdin.end()
    this.#process.kill('SIGKILL')
  }

  #call<T>(cmd: string, options: object): Promise<T> {
    return new Promise((resolve, reject) => {
      // The agent answers in order, and what it answers is what the method's type says.
      this.#waiting.push({ resolve: value => resolve(value as T), reject })
      this.#process.stdin.write(`${JSON.stringify({ cmd, ...options })}\n`)
    })
  }
}
