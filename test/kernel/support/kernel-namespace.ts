import { type JobResult, KernelAgent } from '../../../src/cli/kernel/agent.ts'

/** Scratch namespaces of the real kernel that one test works in. */
export class KernelNamespaces {
  readonly #agent = new KernelAgent()
  #paths: Readonly<Record<string, string>> = {}

  /** Fresh namespaces under these names, in place of all earlier ones. IPv6 is off where it is not wanted. */
  async create(names: readonly string[], options: { readonly ipv6: boolean }): Promise<void> {
    await this.#agent.close()
    this.#paths = await this.#agent.create(names)
    const off = options.ipv6 ? '0' : '1'
    await this.#agent.sysctl(
      names.flatMap(ns => [
        [ns, 'net/ipv6/conf/all/accept_dad', '0'] as const,
        [ns, 'net/ipv6/conf/default/accept_dad', '0'] as const,
        [ns, 'net/ipv6/conf/all/disable_ipv6', off] as const,
        [ns, 'net/ipv6/conf/default/disable_ipv6', off] as const,
        [ns, 'net/ipv4/ip_forward', '0'] as const,
      ]),
    )
  }

  /** What other programs can open to get into a namespace. */
  path(name: string): string {
    return this.#paths[name] ?? ''
  }

  async run(ns: string, argv: readonly string[], input = ''): Promise<JobResult> {
    const [result] = await this.#agent.run([{ ns, argv, input }])
    if (result === undefined) throw new Error('the agent answered nothing')
    return result
  }

  /** As `run`; throws with what the program said when it fails. */
  async output(ns: string, argv: readonly string[], input = ''): Promise<string> {
    const [status, stdout, stderr] = await this.run(ns, argv, input)
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}: ${stderr}${stdout}`)
    return stdout
  }

  async sysctl(ns: string, path: string): Promise<string> {
    return (await this.#agent.read(ns, `/proc/sys/${path}`)).trim()
  }

  stop(): void {
    this.#agent.stop()
  }
}
