import type { SetOptions } from './set-options.ts'
import { findSetType } from './set-type.ts'

/** IPSET_MAXNAMELEN − 1. */
const MAX_NAME = 31
const MAX_TIMEOUT = 2_147_483
const MAX_HASHSIZE = 1 << 26

/** Reads `NAME TYPE OPTIONS…` of a `create` line. Throws a plain Error with the message. */
export function parseCreate(words: readonly string[]): { name: string; options: SetOptions } {
  const [name, typeName] = words
  if (name === undefined || typeName === undefined) throw new Error('create needs NAME and TYPE')
  checkSetName(name)
  const type = findSetType(typeName)
  if (type === undefined) throw new Error(`type \`${typeName}' is unknown, or not simulated by kubehop`)
  const options: { -readonly [K in keyof SetOptions]: SetOptions[K] } = {
    type,
    family: 4,
    hashsize: 1024,
    maxelem: 65_536,
    netmask: 0,
    timeout: -1,
    counters: false,
    comment: false,
    skbinfo: false,
    forceadd: false,
    bucketsize: 12,
    initval: seed(name),
    markmask: 0xffffffff,
    portFirst: -1,
    portLast: -1,
    size: 8,
  }
  const hash = type.storage === 'hash'
  let at = 2
  const argument = (option: string): string => {
    const value = words[at++]
    if (value === undefined) throw new Error(`missing mandatory argument of option \`${option}'`)
    return value
  }
  const number = (option: string, min: number, max: number): number => {
    const text = argument(option)
    const value = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : -1
    if (value < min || value > max) throw new Error(`option ${option}: \`${text}' is out of range ${min}-${max}`)
    return value
  }
  const only = (option: string, possible: boolean): void => {
    if (!possible) throw new Error(`unknown argument \`${option}' for a set of type ${type.name}`)
  }
  while (at < words.length) {
    const option = words[at++] ?? ''
    switch (option) {
      case 'family': {
        only(option, hash && type.name !== 'hash:mac')
        const family = argument(option)
        if (!['inet', 'inet6', '-4', '-6'].includes(family)) throw new Error(`unknown inet family ${family}`)
        options.family = family === 'inet6' || family === '-6' ? 6 : 4
        break
      }
      case 'hashsize':
        only(option, hash)
        options.hashsize = roundUp(number(option, 0, MAX_HASHSIZE))
        break
      case 'maxelem':
        only(option, hash)
        options.maxelem = number(option, 0, 0xffffffff)
        break
      case 'netmask':
        only(option, type.name === 'hash:ip')
        options.netmask = number(option, 1, options.family === 4 ? 32 : 128)
        if (options.netmask === (options.family === 4 ? 32 : 128)) options.netmask = 0
        break
      case 'markmask':
        only(option, type.name === 'hash:ip,mark')
        options.markmask = number(option, 1, 0xffffffff)
        break
      case 'bucketsize':
        only(option, hash)
        options.bucketsize = Math.min(12, Math.max(2, number(option, 0, 255)))
        break
      case 'initval':
        only(option, hash)
        options.initval = number(option, 0, 0xffffffff).toString(16).padStart(8, '0')
        break
      case 'probes':
      case 'resize':
      case 'gc':
        number(option, 0, 0xffffffff)
        break
      case 'timeout':
        options.timeout = number(option, 0, MAX_TIMEOUT)
        break
      case 'counters':
        options.counters = true
        break
      case 'comment':
        options.comment = true
        break
      case 'skbinfo':
        options.skbinfo = true
        break
      case 'forceadd':
        only(option, hash)
        options.forceadd = true
        break
      case 'range': {
        only(option, type.storage === 'bitmap')
        const range = /^([0-9]{1,5})-([0-9]{1,5})$/.exec(argument(option))
        options.portFirst = Number(range?.[1] ?? -1)
        options.portLast = Number(range?.[2] ?? -1)
        if (options.portFirst < 0 || options.portLast > 65535 || options.portFirst > options.portLast) {
          throw new Error('range: FIRST-LAST of ports 0-65535 is expected')
        }
        break
      }
      case 'size':
        only(option, type.storage === 'list')
        options.size = number(option, 0, 65_535)
        break
      default:
        throw new Error(`unknown argument \`${option.slice(0, 60)}'`)
    }
  }
  if (type.storage === 'bitmap' && options.portFirst < 0) throw new Error("mandatory option `range' is missing")
  return { name, options }
}

export function checkSetName(name: string): void {
  if (name === '' || name.length > MAX_NAME)
    throw new Error(`setname \`${name.slice(0, 60)}' must have 1 to ${MAX_NAME} characters`)
}

/** The kernel rounds up to a power of two, at least 64. */
function roundUp(size: number): number {
  let power = 64
  while (power < size) power *= 2
  return power
}

/** The kernel draws the seed; here it follows from the name (FNV-1a), so that the same input gives the same text. */
function seed(name: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
