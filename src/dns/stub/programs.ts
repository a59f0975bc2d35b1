import { bindNslookup, dig, digSearch, host } from './bind.ts'
import { busyboxNslookup, oldBusyboxNslookup } from './busybox.ts'
import { glibc } from './glibc.ts'
import { go } from './go.ts'
import { musl } from './musl.ts'
import type { StubResolver } from './stub.ts'

/** Resolvers by the name that users give them (`--resolver`, the annotation `kubehop.dev/resolver`). */
export const RESOLVERS: Readonly<Record<string, StubResolver>> = {
  glibc,
  musl: musl('1.2.4'),
  'musl-1.2.3': musl('before 1.2.4'),
  go,
  'busybox-nslookup': busyboxNslookup,
  'busybox-1.28-nslookup': oldBusyboxNslookup,
  nslookup: bindNslookup,
  host,
  dig,
  'dig+search': digSearch,
}

/** Images whose programs resolve with musl, by the last part of their name or by a tag that says alpine. */
const MUSL_IMAGES = new Set(['alpine', 'curl', 'netshoot'])
/** Images that are one Go program. */
const GO_IMAGES = new Set(['coredns', 'hello-app', 'traefik', 'caddy', 'etcd', 'kube-apiserver', 'agnhost', 'whoami'])

/**
 * Which resolver the programs of an image use: a small table, glibc where it says nothing. BusyBox is built with several libcs; the tags without
 * one are uClibc up to 1.2x and glibc later, which search alike.
 */
export function resolverOfImage(image: string): string {
  const last = image.split('/').at(-1) ?? ''
  const [name = '', tag = ''] = last.replace(/@.*/, '').split(':')
  if (MUSL_IMAGES.has(name) || tag.includes('alpine') || (name === 'busybox' && tag.includes('musl'))) return 'musl'
  return GO_IMAGES.has(name) ? 'go' : 'glibc'
}
