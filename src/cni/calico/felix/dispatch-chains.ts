import type { FelixChain, FelixRule } from './chain.ts'
import { endpointChain } from './chain-names.ts'
import type { PolicyDirection } from './convert-policy.ts'

const UNKNOWN: FelixRule = { comment: 'Unknown interface', action: '--jump DROP' }

/** `cali-to-wl-dispatch` or `cali-from-wl-dispatch`: on to the chain of the interface. */
export function dispatchChains(devices: readonly string[], direction: PolicyDirection): FelixChain[] {
  return dispatchTree({
    root: direction === 'ingress' ? 'cali-to-wl-dispatch' : 'cali-from-wl-dispatch',
    devices,
    match: device => interfaceMatch(device, direction),
    target: device => endpointChain(device, direction),
    end: [UNKNOWN],
  })
}

/**
 * A chain that goes on to one chain for each interface. Interfaces whose names go on with the same character after the common beginning
 * share a chain of their own, so that nobody's rule comes late (felix rules/dispatch.go).
 */
export function dispatchTree(tree: {
  readonly root: string
  readonly devices: readonly string[]
  readonly match: (device: string) => string
  readonly target: (device: string) => string
  /** Rules at the end of every chain. */
  readonly end: readonly FelixRule[]
}): FelixChain[] {
  const { root, match, target, end } = tree
  const sorted = [...new Set(tree.devices)].sort()
  const common = commonPrefix(sorted)
  const groups = new Map<string, string[]>()
  for (const device of sorted) {
    const prefix = device.slice(0, common.length + 1)
    groups.set(prefix, [...(groups.get(prefix) ?? []), device])
  }
  const to = (device: string): FelixRule => ({ match: match(device), action: `--goto ${target(device)}` })
  const rules: FelixRule[] = []
  const children: FelixChain[] = []
  for (const [prefix, members] of groups) {
    const [only] = members
    if (members.length === 1 && only !== undefined) {
      rules.push(to(only))
      continue
    }
    const name = `${root}-${prefix.slice(common.length)}`
    rules.push({ match: match(`${prefix}+`), action: `--goto ${name}` })
    children.push({ name, rules: [...members.map(to), ...end] })
  }
  return [...children, { name: root, rules: [...rules, ...end] }]
}

function interfaceMatch(name: string, direction: PolicyDirection): string {
  return direction === 'ingress' ? `--out-interface ${name}` : `--in-interface ${name}`
}

function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names
  let length = first.length
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
