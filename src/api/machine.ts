import { KubehopError } from '../errors.ts'
import {
  getSysctl,
  type NetNamespace,
  showAddr,
  showFdb,
  showLink,
  showNeigh,
  showRoute,
  showRule,
  sysctlNames,
  type TableName,
} from '../netns/index.ts'

/** A routing table as `ip route show table` takes it. */
export type RouteTable = number | 'main' | 'local' | 'default' | 'all'

const TABLE_NUMBERS = { main: 254, local: 255, default: 253 } as const

interface Family {
  readonly family?: 4 | 6
}

/** The state of one simulated node or pod, each part as text in the format of the real tool. */
export class Machine {
  readonly #ns: NetNamespace

  constructor(ns: NetNamespace) {
    this.#ns = ns
  }

  /** Name of its network namespace: that of the node, or `namespace/name` of the pod. */
  get name(): string {
    return this.#ns.name
  }

  /** `ip addr` (iproute2 6.1), both families unless one is asked for. */
  addr(options: Family = {}): string {
    return showAddr(this.#ns, options)
  }

  /** `ip link`; with details `ip -d link`. */
  link(options: { readonly details?: boolean } = {}): string {
    return showLink(this.#ns, options)
  }

  /** `ip route show table TABLE`; default main. */
  route(options: Family & { readonly table?: RouteTable } = {}): string {
    const { table = 'main', family } = options
    const number = typeof table === 'number' || table === 'all' ? table : TABLE_NUMBERS[table]
    return showRoute(this.#ns, number, family === undefined ? {} : { family })
  }

  /** `ip rule`. */
  rule({ family = 4 }: Family = {}): string {
    return showRule(this.#ns, family)
  }

  /** `ip neigh`, both families unless one is asked for. */
  neigh(options: Family = {}): string {
    return showNeigh(this.#ns, options)
  }

  /** `bridge fdb`. */
  fdb(): string {
    return showFdb(this.#ns)
  }

  /** `iptables-save`, or `ip6tables-save` for family 6; of one table or of all. */
  iptablesSave(table?: TableName, options: Family & { readonly counters?: boolean } = {}): string {
    const { family = 4, counters = false } = options
    return this.#ns.netfilter.save(family, table, { counters })
  }

  /** `nft list ruleset`. */
  nftRuleset(): string {
    return this.#ns.nft.list()
  }

  /** `ipvsadm-save -n`. */
  ipvsadmSave(): string {
    return this.#ns.ipvs.save()
  }

  /** `ipset save`. */
  ipsetSave(): string {
    return this.#ns.ipsets.save()
  }

  /** `conntrack -L`; extended as with `-o extended`. */
  conntrack(options: Family & { readonly extended?: boolean } = {}): string {
    return this.#ns.conntrack.list(options)
  }

  /** `sysctl -a`, as far as settings are simulated or were set. */
  sysctls(): string {
    return sysctlNames(this.#ns)
      .map(name => `${name} = ${getSysctl(this.#ns, name) ?? ''}\n`)
      .join('')
  }

  /** `sysctl -n NAME`. Throws KH_USAGE for a name that is not known here. */
  sysctl(name: string): string {
    const value = getSysctl(this.#ns, name)
    if (value === undefined) throw new KubehopError('KH_USAGE', `sysctl ${JSON.stringify(name)} is not simulated`)
    return value
  }
}
