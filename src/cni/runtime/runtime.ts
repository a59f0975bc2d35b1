import { calico } from '../calico/calico-plugin.ts'
import { bridge } from '../plugins/bridge.ts'
import { flannel } from '../plugins/flannel.ts'
import { hostLocal } from '../plugins/host-local.ts'
import { loopback } from '../plugins/loopback.ts'
import type { CniPlugin, PluginContext } from '../plugins/plugin.ts'
import { portmap } from '../plugins/portmap.ts'
import { CNI_INCOMPATIBLE_VERSION, CNI_INVALID_ENVIRONMENT, CniError, internal } from './errors.ts'
import type { HostDraft } from './host-draft.ts'
import type { CniInvocation, CniIp, CniResult, ConfigList, PluginConfig } from './types.ts'

const PLUGINS: readonly CniPlugin[] = [loopback, bridge, hostLocal, portmap, flannel, calico]
const SUPPORTED = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0']

/** Runs ADD of every plugin of a list, first to last, handing on each result. A failure has been cleaned up by DEL. */
export function cniAdd(host: HostDraft, list: ConfigList, invocation: CniInvocation): CniResult {
  checkEnvironment(invocation)
  checkVersion(list.cniVersion)
  let result: CniResult | undefined
  let unversioned = false
  try {
    for (const config of list.plugins) {
      const plugin = find(config.type)
      result = plugin.add(contextFor(host, list, config, invocation, result))
      unversioned = plugin.unversioned === true
    }
  } catch (error) {
    cniDel(host, list, invocation, undefined)
    throw error
  }
  if (result === undefined) throw internal('no plugins in the configuration list')
  return unversioned ? result : forVersion(result, list.cniVersion)
}

/** Runs DEL, last to first, each with the final result of ADD. Doing it twice is no error. */
export function cniDel(
  host: HostDraft,
  list: ConfigList,
  invocation: CniInvocation,
  result: CniResult | undefined,
): void {
  checkEnvironment(invocation)
  for (const config of [...list.plugins].reverse()) {
    find(config.type).del(contextFor(host, list, config, invocation, result))
  }
}

/** Runs CHECK of every plugin: throws what the first plugin finds wrong. */
export function cniCheck(host: HostDraft, list: ConfigList, invocation: CniInvocation, result: CniResult): void {
  checkEnvironment(invocation)
  checkVersion(list.cniVersion)
  if (list.disableCheck === true) return
  for (const config of list.plugins) find(config.type).check(contextFor(host, list, config, invocation, result))
}

/** What the VERSION command answers. */
export function cniVersions(cniVersion: string): {
  readonly cniVersion: string
  readonly supportedVersions: readonly string[]
} {
  return { cniVersion, supportedVersions: SUPPORTED }
}

function find(type: string): CniPlugin {
  const plugin = PLUGINS.find(candidate => candidate.type === type)
  if (plugin === undefined) throw internal(`failed to find plugin "${type}" in path [/opt/cni/bin]`)
  return plugin
}

/** A plugin sees port mappings only if its configuration declares that capability. */
function contextFor(
  host: HostDraft,
  list: ConfigList,
  config: PluginConfig,
  invocation: CniInvocation,
  prevResult: CniResult | undefined,
): PluginContext {
  const portMappings = config.capabilities?.portMappings === true ? invocation.portMappings : []
  return {
    host,
    invocation: { ...invocation, portMappings },
    cniVersion: list.cniVersion,
    network: list.name,
    config,
    prevResult,
  }
}

function checkEnvironment(invocation: CniInvocation): void {
  const missing = [
    ['CNI_CONTAINERID', invocation.containerId],
    ['CNI_NETNS', invocation.netns],
    ['CNI_IFNAME', invocation.ifName],
  ].flatMap(([name, value]) => (value === '' ? [name] : []))
  if (missing.length > 0) {
    throw new CniError(CNI_INVALID_ENVIRONMENT, `required env variables [${missing.join(',')}] missing`)
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(invocation.containerId)) {
    throw new CniError(CNI_INVALID_ENVIRONMENT, 'invalid characters in containerID', invocation.containerId)
  }
  const { ifName } = invocation
  if (ifName.length > 15)
    throw new CniError(
      CNI_INVALID_ENVIRONMENT,
      'interface name is too long',
      `interface name should be less than 16 characters`,
    )
  if (ifName === '.' || ifName === '..') throw new CniError(CNI_INVALID_ENVIRONMENT, 'interface name is . or ..')
  if (/[/:\s]/.test(ifName)) {
    throw new CniError(CNI_INVALID_ENVIRONMENT, 'interface name contains / or : or whitespace characters')
  }
}

function checkVersion(version: string): void {
  if (SUPPORTED.includes(version)) return
  const supported = SUPPORTED.map(known => `"${known}"`).join(' ')
  throw new CniError(
    CNI_INCOMPATIBLE_VERSION,
    'incompatible CNI versions',
    `config is "${version}", plugin supports [${supported}]`,
  )
}

/** Before 1.0.0 every address says which version it is, in front of the other fields. */
function forVersion(result: CniResult, version: string): CniResult {
  if (version === '1.0.0' || result.ips === undefined) return { ...result, cniVersion: version }
  const ips = result.ips.map((ip): CniIp => ({ version: ip.address.includes(':') ? '6' : '4', ...ip }))
  return { ...result, cniVersion: version, ips }
}
