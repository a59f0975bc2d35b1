import { internal } from '../runtime/errors.ts'
import type { CniPlugin, PluginContext } from './plugin.ts'

/** Brings `lo` of the pod up. */
export const loopback: CniPlugin = {
  type: 'loopback',
  unversioned: true,
  add(context) {
    pod(context).loopbackUp = true
    const { netns } = context.invocation
    return {
      cniVersion: context.cniVersion,
      interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00', sandbox: netns }],
      ips: [
        { address: '127.0.0.1/8', interface: 0 },
        { address: '::1/128', interface: 0 },
      ],
      dns: {},
    }
  },
  del(context) {
    const draft = context.host.pod(context.invocation.netns)
    if (draft !== undefined) draft.loopbackUp = false
  },
  check(context) {
    if (!pod(context).loopbackUp) throw internal('loopback interface is down')
  },
}

function pod(context: PluginContext) {
  const { netns } = context.invocation
  const draft = context.host.pod(netns)
  if (draft === undefined) {
    throw internal(`failed to open netns "${netns}": failed to Statfs "${netns}": no such file or directory`)
  }
  return draft
}
