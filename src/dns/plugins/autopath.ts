import { KubehopError } from '../../errors.ts'
import { normalizeZone } from '../corefile/zones.ts'
import type { Outcome, Plugin, PluginSetup, Serving, Site, State } from '../plugin.ts'
import { withQuestion } from '../plugin.ts'
import { parseResolvConf } from '../pod/parse-resolv-conf.ts'
import { fqdn, isSubDomain, joinNames, nameRr, RCODES, TYPES } from '../wire/index.ts'

/** `autopath [ZONES…] RESOLV-CONF|@kubernetes`: walks the client's search list for it, and answers with an alias to what was found. */
export const autopath: PluginSetup = {
  name: 'autopath',
  setup(c, site) {
    let zones = site.zones
    let source: string | undefined
    while (c.next()) {
      const args = c.remainingArgs()
      source = args.pop()
      if (source === undefined) throw new KubehopError('KH_COREFILE', 'no resolv-conf specified')
      if (args.length > 0) zones = args.map(normalizeZone)
    }
    const hostSearch = searchOf(site, source === undefined || source.startsWith('@') ? '/etc/resolv.conf' : source)
    if (source?.startsWith('@') === true && source !== '@kubernetes')
      throw new KubehopError(
        'KH_COREFILE',
        `unknown plugin ${JSON.stringify(source.slice(1))} for autopath; @kubernetes is simulated`,
      )
    if (source === '@kubernetes' && site.kubernetes?.options.pods !== 'verified')
      throw new KubehopError('KH_COREFILE', 'autopath @kubernetes needs the plugin kubernetes with `pods verified`')
    return [
      autopathPlugin(zones, state =>
        source === '@kubernetes' ? podSearch(site, state, hostSearch) : [...hostSearch, ''],
      ),
    ]
  },
}

function autopathPlugin(zones: readonly string[], searchFor: (state: State) => readonly string[] | undefined): Plugin {
  return {
    name: 'autopath',
    *serve(state, next): Serving {
      const { type, name } = state.question
      if ((type !== TYPES.A && type !== TYPES.AAAA) || !zones.some(zone => isSubDomain(zone, state.name)))
        return yield* next(state)
      const search = searchFor(state)
      const first = search?.[0]
      // Only the first name that a search list makes is walked; the others of the list come as they are.
      if (
        search === undefined ||
        first === undefined ||
        first === '' ||
        !isSubDomain(first, state.name) ||
        state.name === first
      )
        return yield* next(state)
      const base = name.slice(0, -first.length)
      let firstOutcome: Outcome | undefined
      for (const domain of search) {
        const candidate = domain === '' ? fqdn(base) : joinNames(base, domain)
        const outcome = yield* next(withQuestion(state, { ...state.question, name: candidate }))
        firstOutcome ??= outcome
        const { message } = outcome
        if (message === undefined || message.rcode === RCODES.NXDOMAIN) continue
        state.notes.push({ plugin: 'autopath', text: `the client's search list finds ${candidate}` })
        const alias = candidate === name ? [] : [nameRr(name, message.answer[0]?.ttl ?? 0, TYPES.CNAME, candidate)]
        const answer = message.answer.length === 0 ? [] : [...alias, ...message.answer]
        return { ...outcome, message: { ...message, question: [state.question], answer } }
      }
      if (firstOutcome?.message === undefined) return firstOutcome ?? { rcode: RCODES.SERVFAIL }
      return { ...firstOutcome, message: { ...firstOutcome.message, question: [state.question] } }
    },
  }
}

/** The search list of the pod that asks, by its address; undefined when no pod has it. */
function podSearch(site: Site, state: State, hostSearch: readonly string[]): readonly string[] | undefined {
  const { kubernetes } = site
  const [pod] = kubernetes?.view.podsByIP(state.client.address) ?? []
  if (kubernetes === undefined || pod === undefined) return undefined
  const zone =
    kubernetes.options.zones.find(candidate => isSubDomain(candidate, state.name)) ?? kubernetes.options.primaryZone
  return [`${pod.namespace}.svc.${zone}`, `svc.${zone}`, zone, ...hostSearch, '']
}

function searchOf(site: Site, path: string): string[] {
  const { files } = site.environment
  const text = Object.hasOwn(files, path) ? files[path] : undefined
  if (text === undefined) {
    if (path === '/etc/resolv.conf') return []
    throw new KubehopError(
      'KH_COREFILE',
      `failed to parse ${JSON.stringify(path)}: open ${path}: no such file or directory`,
    )
  }
  return parseResolvConf(text).searches.map(search => fqdn(search.toLowerCase()))
}
