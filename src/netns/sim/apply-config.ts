import { KubehopError } from '../../errors.ts'
import { emptyConfig, type NamespaceConfig } from '../config.ts'
import {
  applyAddress,
  applyNeighbour,
  applyRoute,
  applyRule,
  revokeAddress,
  revokeNeighbour,
  revokeRoute,
  revokeRule,
} from '../route/index.ts'
import { addFdb, removeFdb } from './apply-fdb.ts'
import { applyLines } from './apply-lines.ts'
import { applyLinks } from './apply-links.ts'
import { applyListeners } from './apply-listeners.ts'
import { applyProxies } from './apply-proxies.ts'
import { applyRules } from './apply-rules.ts'
import type { NetNamespace } from './namespace.ts'
import { setSysctl, sysctlDevice } from './sysctl.ts'
import type { World } from './world.ts'

const NOTHING = emptyConfig('')

/**
 * Brings a namespace from `previous` (null: nothing yet) to `config`, in the order of a boot: settings, links, addresses,
 * routes and rules, neighbours, netfilter, programs. Returns the names of the sysctls without effect.
 */
export function applyConfig(
  world: World,
  ns: NetNamespace,
  config: NamespaceConfig,
  previous: NamespaceConfig | null,
): readonly string[] {
  const old = previous ?? NOTHING
  const unsimulated: string[] = []
  const settings = config.sysctls === old.sysctls ? [] : config.sysctls
  const set = (name: string, value: string): void => {
    if (!setSysctl(ns, name, value)) unsimulated.push(name)
  }
  for (const [name, value] of settings) if (isReady(ns, name)) set(name, value)
  const later = settings.filter(([name]) => !isReady(ns, name))
  const made = applyLinks(world, ns, config.links, old.links)
  for (const [name, value] of later) set(name, value)

  const moved = applyLines(
    { add: line => applyAddress(ns, line), remove: line => forgive(() => revokeAddress(ns, line)) },
    config.addresses,
    old.addresses,
    made,
  )
  const routes = {
    add: (line: string) => applyRoute(ns, line),
    remove: (line: string) => forgive(() => revokeRoute(ns, line)),
  }
  // Addresses that went took routes along, so every route is said again.
  if (moved && old.routes.length > 0) applyLines(routes, [], old.routes, made)
  applyLines(routes, config.routes, moved ? [] : old.routes, made)
  applyLines(
    { add: line => applyRule(ns, line), remove: line => forgive(() => revokeRule(ns, line)) },
    config.rules,
    old.rules,
    NO_DEVICES,
  )
  applyLines(
    { add: line => applyNeighbour(ns, line), remove: line => forgive(() => revokeNeighbour(ns, line)) },
    config.neighbours,
    old.neighbours,
    made,
  )
  applyLines({ add: line => addFdb(ns, line), remove: line => removeFdb(ns, line) }, config.fdb, old.fdb, made)
  applyRules(world, ns, config, previous)
  if (config.nft !== old.nft) ns.nft.configure((config.nft ?? []).map(text => known => world.parseNft(text, known)))
  if (config.ipvs !== old.ipvs) ns.ipvs.restore(config.ipvs ?? '', { drain: previous !== null })
  applyListeners(ns.sockets, config.listeners, old.listeners)
  if (config.proxies !== old.proxies) applyProxies(ns, config.proxies ?? [])
  return unsimulated
}

const NO_DEVICES: ReadonlySet<string> = new Set()

/** Whether the setting can be made now: it is not about a device, or the device exists. */
function isReady(ns: NetNamespace, name: string): boolean {
  const device = sysctlDevice(name)
  return device === undefined || ns.device(device) !== undefined
}

/** Removes what may be gone already, with its device or the address it belonged to. */
function forgive(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof KubehopError)) throw error
  }
}
