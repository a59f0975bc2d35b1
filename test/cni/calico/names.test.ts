import { describe, expect, it } from 'vitest'
import { calicoVtepMac, caliInterface } from '../../../src/cni/index.ts'
import { formatMac } from '../../../src/wire/mac.ts'

describe('names that Calico makes of names', () => {
  it('a pod has an interface with a hash of its namespace and name', () => {
    expect(caliInterface('default', 'web-1')).toBe('cali0761ccbeace')
  })

  it('a VTEP has a MAC address with a hash of the node', () => {
    expect(formatMac(calicoVtepMac('node1'))).toBe('66:f9:37:c3:7e:94')
  })
})
