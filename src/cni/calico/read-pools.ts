import type { KubeObject } from '../../controlplane/index.ts'
import { KubehopError, type Place } from '../../errors.ts'
import { Prefix, tryParseCidr } from '../../wire/prefix.ts'
import type { CalicoPool, Encapsulation } from './config.ts'

const MODES: readonly Encapsulation[] = ['Always', 'CrossSubnet', 'Never']

/**
 * Reads IPPool objects (projectcalico.org/v3, crd.projectcalico.org/v1), by name. Throws KH_MANIFEST for what Calico's validation
 * refuses, and for a nodeSelector other than `all()`.
 */
export function readPools(
  objects: readonly KubeObject[],
  placeOf: (object: KubeObject, path: string) => Place | undefined,
): CalicoPool[] {
  return [...objects]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(object => readPool(object, (path, message) => fail(object, path, message, placeOf)))
}

type Fail = (path: string, message: string) => KubehopError

function readPool(object: KubeObject, failAt: Fail): CalicoPool {
  const spec = specOf(object)
  const text = typeof spec.cidr === 'string' ? spec.cidr : ''
  const cidr = text.includes('/') ? tryParseCidr(text) : undefined
  if (cidr === undefined) throw failAt('cidr', `${JSON.stringify(spec.cidr)} is not a subnet such as 192.168.0.0/16`)
  const prefix = new Prefix(cidr.addr, cidr.length)
  const [least, most, usual] = prefix.family === 4 ? [20, 32, 26] : [116, 128, 122]
  const blockSize = spec.blockSize ?? usual
  if (typeof blockSize !== 'number' || blockSize < least || blockSize > most || blockSize < prefix.length) {
    const from = Math.max(least, prefix.length)
    throw failAt('blockSize', `${JSON.stringify(blockSize)} is not a prefix length from ${from} to ${most}`)
  }
  const mode = (key: 'ipipMode' | 'vxlanMode'): Encapsulation => {
    const value = spec[key]
    if (value === undefined || value === '') return 'Never'
    const found = MODES.find(known => known === value)
    if (found === undefined) throw failAt(key, `${JSON.stringify(value)} is not one of ${MODES.join(', ')}`)
    return found
  }
  const ipipMode = mode('ipipMode')
  const vxlanMode = mode('vxlanMode')
  if (ipipMode !== 'Never' && vxlanMode !== 'Never')
    throw failAt('vxlanMode', 'ipipMode and vxlanMode exclude each other')
  if (spec.nodeSelector !== undefined && spec.nodeSelector !== 'all()') {
    throw failAt('nodeSelector', `${JSON.stringify(spec.nodeSelector)}: pools are for all nodes here, all()`)
  }
  return {
    name: object.metadata.name,
    cidr: prefix.toString(),
    blockSize,
    ipipMode,
    vxlanMode,
    natOutgoing: spec.natOutgoing === true,
    disabled: spec.disabled === true,
  }
}

function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  const { spec } = object as { readonly spec?: unknown }
  return typeof spec === 'object' && spec !== null ? (spec as Readonly<Record<string, unknown>>) : {}
}

function fail(
  object: KubeObject,
  path: string,
  message: string,
  placeOf: (object: KubeObject, path: string) => Place | undefined,
): KubehopError {
  return new KubehopError(
    'KH_MANIFEST',
    `IPPool ${object.metadata.name}: spec.${path}: ${message}`,
    placeOf(object, `spec.${path}`),
  )
}
