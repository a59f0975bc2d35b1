import { MAC_ZERO } from '../../wire/mac.ts'
import { CT_NONE, DIR_ORIGINAL, type Skb } from '../model/skb.ts'

/**
 * Takes away the state that Linux keeps beside a packet when it goes through a link (skb_scrub_packet): conntrack entry,
 * route, bridge ports, trace flag; between namespaces the mark too. The headers stay.
 */
export function scrub(skb: Skb, betweenNamespaces: boolean): void {
  skb.dev = null
  skb.ct = null
  skb.ctState = CT_NONE
  skb.ctDir = DIR_ORIGINAL
  skb.route = null
  skb.physIn = null
  skb.physOut = null
  skb.preroutingDone = false
  skb.bridgedDnat = MAC_ZERO
  skb.looped = false
  skb.ipvs = false
  skb.pmtudiscDo = false
  skb.nfTrace = false
  skb.fragMaxSize = 0
  skb.fragListSize = 0
  if (betweenNamespaces) skb.mark = 0
}
