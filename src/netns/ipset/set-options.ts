import type { SetType } from './set-type.ts'

/** What `create` was told, with the defaults filled in. */
export interface SetOptions {
  readonly type: SetType
  readonly family: 4 | 6
  readonly hashsize: number
  readonly maxelem: number
  /** Prefix length that addresses are cut to; 0 when not given. */
  readonly netmask: number
  /** Seconds entries live unless they say otherwise; −1 without timeout support, 0 for ever. */
  readonly timeout: number
  readonly counters: boolean
  readonly comment: boolean
  readonly skbinfo: boolean
  readonly forceadd: boolean
  readonly bucketsize: number
  /** Seed of the hash, random in the kernel: eight hexadecimal digits. */
  readonly initval: string
  readonly markmask: number
  readonly portFirst: number
  readonly portLast: number
  /** Of list:set. */
  readonly size: number
}

/** The `create` line, as `ipset save` 7.17 prints it. */
export function formatCreate(name: string, o: SetOptions): string {
  const words = ['create', name, o.type.name]
  if (o.type.storage === 'hash') {
    if (o.type.name !== 'hash:mac') words.push('family', o.family === 4 ? 'inet' : 'inet6')
    words.push('hashsize', String(o.hashsize), 'maxelem', String(o.maxelem))
    if (o.markmask !== 0xffffffff) words.push('markmask', `0x${o.markmask.toString(16).padStart(8, '0')}`)
    if (o.netmask > 0) words.push('netmask', String(o.netmask))
  } else if (o.type.storage === 'bitmap') {
    words.push('range', `${o.portFirst}-${o.portLast}`)
  } else {
    words.push('size', String(o.size))
  }
  if (o.timeout >= 0) words.push('timeout', String(o.timeout))
  if (o.counters) words.push('counters')
  if (o.comment) words.push('comment')
  if (o.skbinfo) words.push('skbinfo')
  if (o.type.storage === 'hash') words.push('bucketsize', String(o.bucketsize), 'initval', `0x${o.initval}`)
  return words.join(' ')
}

/** Whether `create -exist` takes the sets for the same, or `swap` for exchangeable: type and family. */
export function sameKind(a: SetOptions, b: SetOptions): boolean {
  return a.type === b.type && a.family === b.family
}
