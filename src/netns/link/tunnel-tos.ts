const ECN_MASK = 0x03
const ECN_ECT_0 = 0x02
const ECN_CE = 0x03

/** TOS of an outer header that is 0 but for the congestion bits of what it carries (RFC 6040 §4.1, INET_ECN_encapsulate). */
export function outerTos(innerTos: number): number {
  const ecn = innerTos & ECN_MASK
  return ecn === ECN_CE ? ECN_ECT_0 : ecn
}
