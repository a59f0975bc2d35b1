import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Netlink protocol of netfilter (NETLINK_NETFILTER). */
const NETFILTER = 12
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`

/** `xtables-monitor --trace` in one network namespace. */
export class XtablesMonitor {
  readonly #process: ChildProcess
  #text = ''

  constructor(namespace: string) {
    const argv = [`--net=${namespace}`, 'xtables-monitor', '--trace']
    this.#process = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, PATH } })
    this.#process.stdout?.on('data', data => {
      this.#text += String(data)
    })
  }

  /** Until it listens to traces (a member of a group of netfilter's, in that namespace). */
  async ready(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (this.#listens()) return
      await sleep(20)
    }
    throw new Error('xtables-monitor does not listen')
  }

  /** Its lines, once no more have come for a while; null when more came at once than it can take. Ends it. */
  async lines(): Promise<string[] | null> {
    // It looks each rule up, which takes it a while.
    for (let length = -1; length !== this.#text.length; await sleep(1500)) length = this.#text.length
    if (this.#process.exitCode !== null) return null
    this.#process.kill()
    return this.#text.split('\n').filter(line => line !== '')
  }

  #listens(): boolean {
    try {
      // The columns: sk Eth Pid Groups …
      const table = readFileSync(`/proc/${this.#process.pid}/net/netlink`, 'utf8').split('\n').slice(1)
      return table.some(line => {
        const [, protocol, , groups] = line.split(/\s+/)
        return protocol === String(NETFILTER) && groups !== undefined && Number.parseInt(groups, 16) !== 0
      })
    } catch {
      return false
    }
  }
}
