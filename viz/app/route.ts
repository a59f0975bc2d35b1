/** What is asked: who sends what to whom. Empty texts and nulls are left to the engine. */
export interface Probe {
  readonly from: string
  readonly to: string
  readonly protocol: '' | 'tcp' | 'udp' | 'icmp' | 'sctp'
  readonly port: number | null
  readonly seed: number | null
}

export type Theme = 'auto' | 'light' | 'dark'

/** All state of the page: what the address bar says, and nothing else. */
export interface Route {
  /** Id of a view (`views.ts`). */
  readonly view: string
  readonly probe: Probe
  /** An earlier state of the cluster; null: the current one. */
  readonly revision: number | null
  readonly theme: Theme
  /** What belongs to the view alone: filter, step, zoom, … Left behind when another view is chosen. */
  readonly params: Readonly<Record<string, string>>
}

export const NO_PROBE: Probe = { from: '', to: '', protocol: '', port: null, seed: null }
export const HOME: Route = { view: 'topology', probe: NO_PROBE, revision: null, theme: 'auto', params: {} }

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'sctp'] as const
const THEMES = ['light', 'dark'] as const

/** The route that a fragment such as `#/trace?from=pod/client&to=svc/testweb:80` names; what is not understood is left out. */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#?\/?/, '').split('?', 2)
  const params = Object.fromEntries(new URLSearchParams(search))
  const { from = '', to = '', proto = '', port, seed, revision, theme = '', ...own } = params
  return {
    view: path === '' ? HOME.view : path,
    probe: {
      from,
      to,
      protocol: PROTOCOLS.find(one => one === proto) ?? '',
      port: integer(port, 1, 65535),
      seed: integer(seed, 0, 2 ** 32 - 1),
    },
    revision: integer(revision, 1, 2 ** 31),
    theme: THEMES.find(one => one === theme) ?? 'auto',
    params: own,
  }
}

/** The shortest fragment that `parseRoute` reads as this route. */
export function formatRoute({ view, probe, revision, theme, params }: Route): string {
  const fields: [string, string][] = [
    ['from', probe.from],
    ['to', probe.to],
    ['proto', probe.protocol],
    ['port', probe.port === null ? '' : String(probe.port)],
    ['seed', probe.seed === null ? '' : String(probe.seed)],
    ['revision', revision === null ? '' : String(revision)],
    ['theme', theme === 'auto' ? '' : theme],
    ...Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]
  const search = new URLSearchParams(fields.filter(([, value]) => value !== ''))
  // Slashes and colons are readable in a fragment, and endpoints are full of them.
  const text = search.toString().replace(/%2F/g, '/').replace(/%3A/g, ':')
  return `#/${view}${text === '' ? '' : `?${text}`}`
}

/** A change of the route; what is left out stays. */
export interface RouteChange {
  readonly view?: string
  readonly probe?: Partial<Probe>
  readonly revision?: number | null
  readonly theme?: Theme
  /** Null takes a parameter away. */
  readonly params?: Readonly<Record<string, string | null>>
  /** Not a place to come back to: scrubbing, typing in a filter. */
  readonly replace?: boolean
}

export function changeRoute(route: Route, change: RouteChange): Route {
  const { view = route.view, probe, revision = route.revision, theme = route.theme, params = {} } = change
  const own = view === route.view ? { ...route.params } : {}
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === '') delete own[name]
    else own[name] = value
  }
  return { view, probe: { ...route.probe, ...probe }, revision, theme, params: own }
}

/** A whole number in that range, else null. */
export function integer(text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}
