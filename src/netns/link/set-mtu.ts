import { KubehopError } from '../../errors.ts'
import { isV6 } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { Bridge } from './bridge/bridge.ts'
import { checkMtu } from './check-link.ts'
import { IPIP_MAX_MTU, Ipip } from './ipip.ts'
import { MAX_MTU } from './limits.ts'
import { Vxlan, vxlanOverhead } from './vxlan/vxlan.ts'

/** `ip link set DEV mtu N`. Throws KH_LINK where the kernel refuses: a bound vxlan device above its lower device less 50. */
export function setMtu(dev: Device, mtu: number): void {
  checkMtu(dev.name, mtu, mtu, dev instanceof Ipip ? IPIP_MAX_MTU : MAX_MTU)
  if (dev instanceof Vxlan && dev.lower !== null) {
    const most = dev.lower.mtu - vxlanOverhead(isV6(dev.local))
    if (mtu > most) {
      throw new KubehopError(
        'KH_LINK',
        `${dev.name}: mtu ${mtu}: RTNETLINK answers: Invalid argument (at most ${most} over ${dev.lower.name})`,
      )
    }
  }
  if (dev instanceof Bridge) dev.setMtu(mtu)
  else dev.mtu = mtu
}
