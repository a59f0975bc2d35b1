/** What one dimension of a set holds. */
export type Dimension = 'ip' | 'net' | 'port' | 'mac' | 'mark'

/** A type of set: its name and dimensions, and which options `create` takes for it. */
export interface SetType {
  readonly name: string
  readonly dimensions: readonly Dimension[]
  readonly storage: 'hash' | 'bitmap' | 'list'
  /** Older name that `create` still takes. */
  readonly alias?: string
}

/** The types that kubehop has. `hash:net,iface`, `hash:net,net` and `hash:net,port,net` are refused. */
export const SET_TYPES: readonly SetType[] = [
  { name: 'hash:ip', dimensions: ['ip'], storage: 'hash', alias: 'iphash' },
  { name: 'hash:net', dimensions: ['net'], storage: 'hash', alias: 'nethash' },
  { name: 'hash:ip,port', dimensions: ['ip', 'port'], storage: 'hash', alias: 'ipporthash' },
  { name: 'hash:ip,port,ip', dimensions: ['ip', 'port', 'ip'], storage: 'hash', alias: 'ipportiphash' },
  { name: 'hash:ip,port,net', dimensions: ['ip', 'port', 'net'], storage: 'hash', alias: 'ipportnethash' },
  { name: 'hash:net,port', dimensions: ['net', 'port'], storage: 'hash', alias: 'netporthash' },
  { name: 'hash:ip,mark', dimensions: ['ip', 'mark'], storage: 'hash' },
  { name: 'hash:mac', dimensions: ['mac'], storage: 'hash' },
  { name: 'bitmap:port', dimensions: ['port'], storage: 'bitmap', alias: 'portmap' },
  { name: 'list:set', dimensions: ['ip'], storage: 'list', alias: 'setlist' },
]

export function findSetType(name: string): SetType | undefined {
  return SET_TYPES.find(type => type.name === name || type.alias === name)
}
