import { KubernetesPlugin, parseKubernetes } from '../kubernetes/index.ts'
import type { PluginSetup } from '../plugin.ts'

/** `kubernetes [ZONES…] { … }`: the records of Services, endpoints and pods. */
export const kubernetes: PluginSetup = {
  name: 'kubernetes',
  setup(c, site) {
    site.kubernetes = new KubernetesPlugin(parseKubernetes(c, site), site.snapshot, site.environment)
    return [site.kubernetes]
  },
}
