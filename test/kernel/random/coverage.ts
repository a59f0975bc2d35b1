import type { Comparison, Experiment } from '../../../src/cli/kernel/experiment.ts'

/** How often each thing occurred. A match or target counts when a packet came to its rule's end: the rule's counter says so. */
export class Coverage {
  readonly counts = new Map<string, number>()

  add(experiment: Experiment, { kernel }: Comparison): void {
    for (const lines of Object.values(kernel.counters)) for (const line of lines) this.#rule(line)
    for (const [i, step] of experiment.steps.entries()) {
      this.#count(`step ${step.kind}`)
      const result = kernel.steps[i]?.result
      if (result === undefined || step.kind === 'routeGet') continue
      this.#count(`result ${result.startsWith('ok') ? 'ok' : result}`)
      for (const frame of kernel.steps[i]?.frames ?? []) this.#frame(frame)
    }
    for (const lines of Object.values(kernel.conntrack)) {
      for (const line of lines)
        this.#count(
          `flow ${line
            .split(' ')
            .filter(word => /^[a-zA-Z_[\]]+\d?$/.test(word))
            .join(' ')}`,
        )
    }
  }

  /** Lines `name count`, by name. */
  table(): string[] {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${String(count).padStart(9)}  ${name}`)
  }

  #rule(line: string): void {
    const rule = /^\[(\d+):\d+\] -A (\S+) (.*)$/.exec(line)
    if (rule === null) return
    const [, packets = '0', , text = ''] = rule
    for (const [, name] of text.matchAll(/-m (\S+)/g)) {
      this.#count(`match ${name} seen`)
      this.#count(`match ${name} hit`, Math.min(1, Number(packets)))
    }
    const target = /-[jg] (\S+)(?: --reject-with (\S+))?/.exec(text)
    const name =
      target === null
        ? '(counts only)'
        : /^[A-Z]{2,}$/.test(target[1] ?? '') && !target[1]?.startsWith('KUBE')
          ? target[1]
          : '(chain)'
    this.#count(`target ${name}${target?.[2] === undefined ? '' : ` ${target[2]}`}`, Number(packets))
  }

  #frame(frame: string): void {
    const kind = / (ARP who-has|ARP|UDP|TCP|ICMP \d+ \S+ > \S+ \d+\/\d+|ICMP)/.exec(frame)?.[1]
    if (kind !== undefined) this.#count(`frame ${kind.replace(/ \d+ \S+ > \S+/, '')}`)
    if (frame.includes(' VXLAN ')) this.#count('frame VXLAN')
    if (/ (off\d|MF)/.test(frame)) this.#count('frame fragment')
  }

  #count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by)
  }
}
