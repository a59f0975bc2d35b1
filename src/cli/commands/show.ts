import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import {
  type NetNamespace,
  SeededChance,
  showAddr,
  showFdb,
  showLink,
  showNeigh,
  showRoute,
  showRule,
} from '../../netns/index.ts'
import { parseEndpoint, runExchange } from '../../probe/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import type { CommonOptions } from '../run.ts'
import { writeOut } from '../write-out.ts'

interface ShowOptions extends CommonOptions {
  readonly table?: string
  readonly ipv6?: boolean
  readonly after?: readonly string[]
}

const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const

/** `kubehop show NODE|POD WHAT`. */
export async function showCommand(where: string, what: string, options: ShowOptions): Promise<number> {
  const cluster = await loadFromOptions(options)
  const ns = namespaceOf(cluster, where, options)
  await writeOut(render(ns, what, options))
  return 0
}

function namespaceOf(cluster: Cluster, where: string, options: ShowOptions): NetNamespace {
  const { after } = options
  if (after !== undefined && after.length !== 2) throw new KubehopError('KH_USAGE', '--after takes two values: FROM TO')
  const [from, to] = after ?? []
  const chance = new SeededChance(options.seed)
  const lab =
    from === undefined || to === undefined
      ? cluster.lab(chance)
      : runExchange(cluster, { from, to, namespace: options.namespace }, chance, { misses: false, frames: false }).lab
  if (cluster.snapshot.nodes.some(node => node.metadata.name === where)) {
    const node = lab.node(where)
    if (node !== undefined) return node
  }
  const bare = !where.includes('/') && cluster.snapshot.get('Pod', options.namespace, where) !== undefined
  const endpoint = parseEndpoint(bare ? `pod/${where}` : where, cluster, options.namespace)
  const ns =
    endpoint.kind === 'node'
      ? lab.node(endpoint.name)
      : endpoint.kind === 'pod' && endpoint.pod.spec.nodeName !== undefined
        ? endpoint.pod.spec.hostNetwork === true
          ? lab.node(endpoint.pod.spec.nodeName)
          : lab.pod(`${endpoint.pod.metadata.namespace}/${endpoint.pod.metadata.name}`, endpoint.pod.spec.nodeName)
        : undefined
  if (ns === undefined)
    throw new KubehopError('KH_ENDPOINT', `${JSON.stringify(where)} is no node and no pod with a network`)
  return ns
}

function render(ns: NetNamespace, what: string, options: ShowOptions): string {
  const family = options.ipv6 === true ? 6 : 4
  switch (what) {
    case 'addr':
      return showAddr(ns)
    case 'link':
      return showLink(ns)
    case 'route':
      return showRoute(ns, { family, ...(options.table === undefined ? {} : { table: options.table }) })
    case 'rule':
      return showRule(ns, family)
    case 'neigh':
      return showNeigh(ns)
    case 'fdb':
      return showFdb(ns)
    case 'iptables': {
      const table = TABLES.find(name => name === options.table)
      if (options.table !== undefined && table === undefined) {
        throw new KubehopError(
          'KH_USAGE',
          `--table: ${JSON.stringify(options.table)} is not one of ${TABLES.join(', ')}`,
        )
      }
      return ns.netfilter.save(family, table, { counters: options.verbose > 0 })
    }
    case 'ipset':
      return ns.ipsets.save()
    case 'conntrack':
      return ns.conntrack.list({ extended: options.verbose > 0 })
    default:
      throw new KubehopError('KH_USAGE', `there is no ${JSON.stringify(what)} to show`)
  }
}
