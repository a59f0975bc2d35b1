import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { readPools } from '../../../src/cni/index.ts'
import type { KubeObject } from '../../../src/controlplane/index.ts'
import { KubehopError } from '../../../src/errors.ts'

const pool = (spec: unknown, name = 'pool'): KubeObject =>
  ({ apiVersion: 'projectcalico.org/v3', kind: 'IPPool', metadata: { name }, spec }) as KubeObject
const read = (...objects: readonly KubeObject[]) =>
  readPools(objects, () => ({ file: 'pools.yaml', line: 3, column: 1 }))

describe('IPPools', () => {
  it('have the defaults of the API', () => {
    expect(read(pool({ cidr: '10.48.0.0/16' }))).toEqual([
      {
        name: 'pool',
        cidr: '10.48.0.0/16',
        blockSize: 26,
        ipipMode: 'Never',
        vxlanMode: 'Never',
        natOutgoing: false,
        disabled: false,
      },
    ])
    expect(read(pool({ cidr: 'fd00:1::/64' }))[0]?.blockSize).toBe(122)
  })

  it('come in the order of their names', () => {
    const pools = read(pool({ cidr: '10.2.0.0/16' }, 'b'), pool({ cidr: '10.1.0.0/16' }, 'a'))
    expect(pools.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it.each([
    [{}, 'spec.cidr: undefined is not a subnet such as 192.168.0.0/16'],
    [{ cidr: '10.0.0.1' }, 'spec.cidr: "10.0.0.1" is not a subnet'],
    [{ cidr: '10.0.0.0/16', blockSize: 33 }, 'spec.blockSize: 33 is not a prefix length from 20 to 32'],
    [{ cidr: '10.0.0.0/28', blockSize: 26 }, 'spec.blockSize: 26 is not a prefix length from 28 to 32'],
    [{ cidr: '10.0.0.0/16', ipipMode: 'always' }, 'spec.ipipMode: "always" is not one of Always, CrossSubnet, Never'],
    [
      { cidr: '10.0.0.0/16', ipipMode: 'Always', vxlanMode: 'Always' },
      'spec.vxlanMode: ipipMode and vxlanMode exclude',
    ],
    [{ cidr: '10.0.0.0/16', nodeSelector: 'rack == "1"' }, 'spec.nodeSelector: "rack == \\"1\\""'],
  ])('%j is refused with its place', (spec, message) => {
    expect(() => read(pool(spec))).toThrow(`pools.yaml:3:1: IPPool pool: ${message}`)
  })
})

const field = fc.constantFrom('cidr', 'blockSize', 'ipipMode', 'vxlanMode', 'natOutgoing', 'disabled', 'nodeSelector')
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('10.0.0.0/16', 'fd00::/48', 'Always', 'CrossSubnet', 24, 122, true),
)

prop.prop([fc.dictionary(field, value)])('whatever a spec holds is a pool or one KubehopError', spec => {
  try {
    expect(read(pool(spec))).toHaveLength(1)
  } catch (error) {
    expect(error).toBeInstanceOf(KubehopError)
  }
})
