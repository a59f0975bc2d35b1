import type { Encapsulation, FelixConfig, FlannelBackend } from '../cni/index.ts'
import { CNI_NAMES, type CniShape } from './cni-config.ts'
import type { FieldReader } from './field-reader.ts'

const MODES: readonly Encapsulation[] = ['Always', 'CrossSubnet', 'Never']

/** `spec.cni`: what its manifest leaves open, in that plugin's own words. Throws KH_CONFIG with the place. */
export function readCni(fields: FieldReader): CniShape {
  const name = fields.oneOf('name', CNI_NAMES, 'flannel')
  const cni = readNamed(name, fields)
  fields.finish()
  return cni
}

function readNamed(name: CniShape['name'], fields: FieldReader): CniShape {
  switch (name) {
    case 'flannel':
      return { name, backend: readBackend(fields), ipMasq: fields.boolean('ipMasq', true) }
    case 'canal':
      return { name, backend: readBackend(fields), ipMasq: fields.boolean('ipMasq', true), felix: readFelix(fields) }
    case 'calico': {
      const vxlanMode = fields.oneOf('vxlanMode', MODES, 'Never')
      const ipipMode = fields.oneOf('ipipMode', MODES, vxlanMode === 'Never' ? 'Always' : 'Never')
      if (vxlanMode !== 'Never' && ipipMode !== 'Never')
        throw fields.fail('ipipMode', 'ipipMode and vxlanMode exclude each other')
      return {
        name,
        felix: readFelix(fields),
        ipipMode,
        vxlanMode,
        blockSize: fields.integer('blockSize', 20, 32, 26),
        natOutgoing: fields.boolean('natOutgoing', true),
        mtu: fields.integer('mtu', 0, 65535, 0),
      }
    }
  }
}

function readBackend(fields: FieldReader): FlannelBackend {
  const backend = fields.section('backend')
  const type = backend.oneOf('Type', ['vxlan', 'host-gw'], 'vxlan')
  const read: FlannelBackend =
    type === 'host-gw'
      ? { Type: type }
      : {
          Type: type,
          VNI: backend.integer('VNI', 1, 0xffffff, 1),
          Port: backend.integer('Port', 0, 65535, 8472),
          DirectRouting: backend.boolean('DirectRouting', false),
        }
  backend.finish()
  return read
}

function readFelix(fields: FieldReader): FelixConfig {
  return {
    variant: fields.oneOf('variant', ['classic', 'current'], 'classic'),
    chainInsertMode: fields.oneOf('chainInsertMode', ['Insert', 'Append'], 'Insert'),
    defaultEndpointToHostAction: fields.oneOf('defaultEndpointToHostAction', ['Accept', 'Drop', 'Return'], 'Accept'),
  }
}
