import type { CniName } from '../cluster/index.ts'

/** What every command takes. */
export interface CommonOptions {
  readonly file: readonly string[]
  readonly recursive?: boolean
  readonly config?: string
  readonly cni?: CniName
  readonly iptablesSave: readonly string[]
  readonly ip6tablesSave: readonly string[]
  readonly seed: number
  readonly output?: string
  readonly quiet?: boolean
  readonly verbose: number
  readonly color: boolean
  readonly namespace: string
}
