import { Machine, type RouteTable } from '../../api/index.ts'
import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import { SeededChance, type TableName } from '../../netns/index.ts'
import { machineOf, runExchange } from '../../probe/index.ts'
import { printableLines } from '../../report/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { withProxyMode } from '../proxy-options.ts'
import { writeOut } from '../write-out.ts'

interface ShowOptions extends CommonOptions {
  readonly table?: string
  readonly ipv6?: boolean
  readonly proxyMode?: string
  readonly after?: readonly string[]
}

const TABLES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security']

/** `kubehop show NODE|POD WHAT`. */
export async function showCommand(where: string, what: string, options: ShowOptions): Promise<number> {
  const cluster = await loadFromOptions(options, config => withProxyMode(config, options.proxyMode))
  const text = render(machine(cluster, where, options), what, options)
  // Rules of a real node may hold any comment; a file gets them as they are.
  await writeOut(process.stdout.isTTY === true ? printableLines(text) : text)
  return 0
}

function machine(cluster: Cluster, where: string, { after, namespace, seed }: ShowOptions): Machine {
  if (after !== undefined && after.length !== 2) throw new KubehopError('KH_USAGE', '--after takes two values: FROM TO')
  const [from, to] = after ?? []
  const chance = new SeededChance(seed)
  const lab =
    from === undefined || to === undefined
      ? cluster.lab(chance)
      : runExchange(cluster, { from, to, namespace }, chance, { misses: false, frames: false }).lab
  return new Machine(machineOf(cluster, lab, { text: where, namespace }))
}

function render(machine: Machine, what: string, options: ShowOptions): string {
  const family = options.ipv6 === true ? 6 : 4
  const only = options.ipv6 === true ? { family: 6 as const } : {}
  switch (what) {
    case 'addr':
      return machine.addr(only)
    case 'link':
      return machine.link({ details: options.verbose > 0 })
    case 'route':
      return machine.route({ ...(options.table === 'all' ? only : { family }), table: routeTable(options.table) })
    case 'rule':
      return machine.rule({ family })
    case 'neigh':
      return machine.neigh(only)
    case 'fdb':
      return machine.fdb()
    case 'iptables':
      return machine.iptablesSave(ruleTable(options.table), { family, counters: options.verbose > 0 })
    case 'nft':
      return machine.nftRuleset()
    case 'ipvs':
      return machine.ipvsadmSave()
    case 'ipset':
      return machine.ipsetSave()
    case 'conntrack':
      return machine.conntrack({ extended: options.verbose > 0, ...only })
    case 'sysctl':
      return machine.sysctls()
    default:
      throw new KubehopError('KH_USAGE', `there is no ${JSON.stringify(what)} to show`)
  }
}

function ruleTable(text: string | undefined): TableName | undefined {
  const table = TABLES.find(name => name === text)
  if (text !== undefined && table === undefined) {
    throw new KubehopError('KH_USAGE', `--table: ${JSON.stringify(text)} is not one of ${TABLES.join(', ')}`)
  }
  return table
}

function routeTable(text = 'main'): RouteTable {
  if (text === 'main' || text === 'local' || text === 'default' || text === 'all') return text
  const number = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 0xffffffff) {
    throw new KubehopError(
      'KH_USAGE',
      `--table: ${JSON.stringify(text)} is not a routing table: main, local, default, all or a number`,
    )
  }
  return number
}
