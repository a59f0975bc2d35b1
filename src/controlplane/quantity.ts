const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const DECIMAL: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
}

/** The value of a resource quantity (`100m` is 0.1, `64Mi` is 67108864); undefined where it is none. */
export function parseQuantity(quantity: string | number | undefined): number | undefined {
  if (typeof quantity === 'number') return quantity
  const [, digits, suffix = ''] = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([A-Za-z]*)$/.exec(quantity ?? '') ?? []
  if (digits === undefined) return undefined
  const power = BINARY.indexOf(suffix) + 1
  const factor = power > 0 ? 1024 ** power : DECIMAL[suffix]
  return factor === undefined ? undefined : Number(digits) * factor
}
