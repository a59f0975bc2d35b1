import type { ResolvConf } from '../pod/parse-resolv-conf.ts'
import type { StubSettings } from './stub.ts'

/** resolv.conf(5) as resolvers take it: unknown options are passed over, numbers are cut to glibc's limits. No server: 127.0.0.1. */
export function stubSettings(conf: ResolvConf): StubSettings {
  const has = (name: string): boolean => conf.options.includes(name)
  const number = (name: string, fallback: number, most: number): number => {
    const text = conf.options.findLast(option => option.startsWith(`${name}:`))?.slice(name.length + 1)
    return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Math.min(Number(text), most) : fallback
  }
  return {
    servers: conf.nameservers.length === 0 ? ['127.0.0.1'] : conf.nameservers.slice(0, 3),
    search: conf.searches.filter(search => search !== '.'),
    ndots: number('ndots', 1, 15),
    timeout: 1000 * Math.max(1, number('timeout', 5, 30)),
    attempts: Math.max(1, number('attempts', 2, 5)),
    rotate: has('rotate'),
    singleRequest: has('single-request'),
    singleRequestReopen: has('single-request-reopen'),
    useVc: has('use-vc'),
    edns0: has('edns0'),
    noAaaa: has('no-aaaa'),
  }
}
