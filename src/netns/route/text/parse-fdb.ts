import type { Place } from '../../../errors.ts'
import { type Addr, tryParseAddr } from '../../../wire/addr.ts'
import type { FdbEntry } from '../../model/fdb.ts'
import { macWord } from './parse-neighbour.ts'
import { Words } from './words.ts'

/** A line of `bridge fdb`, with what only vxlan has. */
export interface ParsedFdb extends FdbEntry {
  /** UDP port and VNI of the remote, where they differ from the device's. */
  readonly port?: number
  readonly vni?: number
}

/**
 * Reads a line as `bridge fdb append` takes it (`8e:… dev flannel.1 dst 192.168.0.12 self permanent`) or `bridge fdb show`
 * prints it. Without `master` the entry is the device's own (`self`), as for the tool. Throws KH_ROUTE with the column.
 */
export function parseFdbLine(line: string, place: Place = { file: 'bridge fdb' }): ParsedFdb {
  const words = new Words(line, place)
  const mac = macWord(words, 'is an invalid mac address')
  let dev: string | undefined
  let master: string | undefined
  let dst: Addr | undefined
  let vlan: number | undefined
  let port: number | undefined
  let vni: number | undefined
  let self = false
  let permanent: boolean | undefined
  while (!words.done) {
    const word = words.take()
    switch (word) {
      case 'dev':
        dev = words.take()
        break
      case 'master':
        // The tool takes the bare word; what it prints names the bridge.
        master = words.peek === undefined || RESERVED.has(words.peek) ? '' : words.take()
        break
      case 'dst': {
        const text = words.take()
        dst = tryParseAddr(text)
        if (dst === undefined) throw words.error(`any valid address is expected rather than ${JSON.stringify(text)}.`)
        break
      }
      case 'vlan':
        vlan = words.number('vlan id', 4094)
        break
      case 'port':
        port = words.number('port', 65535)
        break
      case 'vni':
      case 'src_vni':
        vni = words.number('VNI', 0xffffff)
        break
      case 'self':
        self = true
        break
      case 'permanent':
      case 'local':
      case 'static':
        permanent = true
        break
      case 'dynamic':
        permanent = false
        break
      case 'temp':
      case 'use':
      case 'extern_learn':
      case 'offload':
      case 'sticky':
      case 'stale':
        permanent ??= word === 'extern_learn'
        break
      case 'router':
      case 'via':
      case 'nhid':
        throw words.error(`${JSON.stringify(word)} of bridge fdb is not simulated`)
      default:
        throw words.error(`either "to" is duplicate, or ${JSON.stringify(word)} is a garbage.`)
    }
  }
  if (dev === undefined) throw words.error('Device and address are required arguments.')
  return {
    mac,
    dev,
    ...(master !== undefined && { master }),
    ...(dst !== undefined && { dst }),
    self: self || master === undefined,
    permanent: permanent ?? master === undefined,
    ...(vlan !== undefined && { vlan }),
    ...(port !== undefined && { port }),
    ...(vni !== undefined && { vni }),
  }
}

const RESERVED: ReadonlySet<string> = new Set([
  'self',
  'permanent',
  'static',
  'dynamic',
  'local',
  'temp',
  'dst',
  'vlan',
  'dev',
  'extern_learn',
  'sticky',
  'use',
  'offload',
])
