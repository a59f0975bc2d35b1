import { KubehopError } from '../errors.ts'
import { Dispenser } from './corefile/dispenser.ts'
import type { ServerBlock } from './corefile/parse.ts'
import { parseKey } from './corefile/zones.ts'
import type { Plugin, Site, State } from './plugin.ts'
import { PLUGINS } from './plugin-order.ts'

/** A server block, ready to serve. */
export interface Block {
  readonly zones: readonly string[]
  readonly bind: readonly string[]
  readonly port: number
  readonly plugins: readonly Plugin[]
  readonly site: Site
}

type Surroundings = Pick<Site, 'input' | 'environment' | 'snapshot' | 'server' | 'remarks'> & {
  /** Port of keys without one. */
  readonly port: number
}

const ORDER = new Map(PLUGINS.map((setup, i) => [setup.name, i]))
/** kubernetes first: k8s_external, autopath and transfer, which stand before it in the chain, need it. */
const SETUP_ORDER = [...PLUGINS].sort((a, b) => Number(b.name === 'kubernetes') - Number(a.name === 'kubernetes'))

/** Sets a server block's plugins up and puts them into the order in which they see a query. Throws KH_COREFILE. */
export function setUpBlock(
  written: ServerBlock,
  around: Surroundings,
): { block: Block; keys: ReturnType<typeof parseKey> } {
  const keys = written.keys.flatMap(key => parseKey(key.text, around.port))
  const [first] = keys
  if (first === undefined) throw new KubehopError('KH_COREFILE', 'a server block has no zone')
  for (const { scheme, zone, port } of keys) {
    if (scheme !== 'dns')
      around.remarks.push(`${scheme}://${zone}:${port} is served as plain DNS: encryption is not simulated`)
  }
  const site: Site = {
    ...around,
    zones: keys.map(key => key.zone),
    port: first.port,
    transport: first.scheme,
    kubernetes: undefined,
    upstreams: [],
    detectsLoops: false,
    transferable: [],
    bind: [],
  }
  const plugins: Plugin[] = []
  for (const setup of SETUP_ORDER) {
    const tokens = written.directives.get(setup.name)
    if (tokens === undefined) continue
    try {
      plugins.push(...setup.setup(new Dispenser(tokens), site))
    } catch (error) {
      if (!(error instanceof KubehopError) || error.code !== 'KH_COREFILE') throw error
      throw new KubehopError('KH_COREFILE', `plugin/${setup.name}: ${error.text}`)
    }
  }
  plugins.sort((a, b) => (ORDER.get(a.name) ?? 0) - (ORDER.get(b.name) ?? 0))
  return { block: { zones: site.zones, bind: site.bind, port: first.port, plugins, site }, keys }
}

/** Whether a query comes to this block: by the address that was asked, and by its views. */
export function admits({ bind, plugins }: Block, state: State): boolean {
  const { localAddress } = state.client
  if (bind.length > 0 && localAddress !== undefined && !bind.includes(localAddress)) return false
  return plugins.every(plugin => plugin.admits?.(state) !== false)
}
