import type { FelixConfig } from '../calico/config.ts'
import type { FlannelConfig } from '../config.ts'

/** Flannel's pod network and Felix's rules. */
export interface CanalConfig {
  readonly name: 'canal'
  readonly flannel: FlannelConfig
  readonly felix: FelixConfig
}
