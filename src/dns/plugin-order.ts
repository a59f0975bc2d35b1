import type { PluginSetup } from './plugin.ts'
import { acl } from './plugins/acl.ts'
import { any } from './plugins/any.ts'
import { autopath } from './plugins/autopath.ts'
import { bind } from './plugins/bind.ts'
import { bufsize } from './plugins/bufsize.ts'
import { cache } from './plugins/cache/index.ts'
import { cancel } from './plugins/cancel.ts'
import { chaos } from './plugins/chaos.ts'
import { dns64 } from './plugins/dns64.ts'
import { erratic } from './plugins/erratic.ts'
import { errors } from './plugins/errors.ts'
import { file } from './plugins/file/index.ts'
import { forward } from './plugins/forward/index.ts'
import { header } from './plugins/header.ts'
import { health } from './plugins/health.ts'
import { hosts } from './plugins/hosts.ts'
import { debug, metadata, pprof, timeouts, trace } from './plugins/inert.ts'
import { k8sExternal } from './plugins/k8s-external.ts'
import { kubernetes } from './plugins/kubernetes.ts'
import { loadbalance } from './plugins/loadbalance/index.ts'
import { local } from './plugins/local.ts'
import { log } from './plugins/log.ts'
import { loop } from './plugins/loop.ts'
import { minimal } from './plugins/minimal.ts'
import { nsid } from './plugins/nsid.ts'
import { prometheus } from './plugins/prometheus.ts'
import { ready } from './plugins/ready.ts'
import { reload } from './plugins/reload.ts'
import { rewrite } from './plugins/rewrite/index.ts'
import { template } from './plugins/template.ts'
import { transfer } from './plugins/transfer.ts'
import { view } from './plugins/view/index.ts'
import { whoami } from './plugins/whoami.ts'

/**
 * The plugins in the order in which they see a query, whatever the order in the Corefile: that of CoreDNS's plugin.cfg. A directive that
 * is not in this list is an unknown one: CoreDNS would not start either if it were not in its list, and a known one that cannot be
 * simulated is better refused than ignored.
 */
export const PLUGINS: readonly PluginSetup[] = [
  metadata,
  cancel,
  timeouts,
  reload,
  nsid,
  bufsize,
  bind,
  debug,
  trace,
  ready,
  health,
  pprof,
  prometheus,
  errors,
  log,
  local,
  dns64,
  any,
  chaos,
  loadbalance,
  rewrite,
  autopath,
  acl,
  cache,
  header,
  minimal,
  template,
  transfer,
  hosts,
  k8sExternal,
  kubernetes,
  file,
  loop,
  forward,
  erratic,
  whoami,
  view,
]

/** Directives of plugin.cfg that are not simulated: the message says so instead of calling them unknown. */
export const NOT_SIMULATED: ReadonlySet<string> = new Set([
  'root',
  'geoip',
  'proxyproto',
  'quic',
  'grpc_server',
  'https',
  'https3',
  'multisocket',
  'shed',
  'dnstap',
  'tsig',
  'dnssec',
  'tls',
  'route53',
  'azure',
  'clouddns',
  'auto',
  'secondary',
  'etcd',
  'grpc',
  'on',
  'sign',
  'nomad',
])

export const DIRECTIVES: ReadonlySet<string> = new Set(PLUGINS.map(plugin => plugin.name))
