import fc from 'fast-check'
import { anyPrefix, sometimes } from './universe.ts'

const gateway = fc.constantFrom('10.0.0.100', '10.0.0.1', '10.0.0.2', '10.0.0.254', '10.244.1.2', '10.0.0.77')
const device = fc.constantFrom('eth0', 'cni0', 'lo')
const metric = fc.constantFrom('', '', ' metric 50', ' metric 5')
const table = fc.constantFrom('', '', ' table 100')

/** A line as `ip route add` takes it. */
export const route: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(anyPrefix, gateway, metric, table).map(([net, via, m, t]) => `${net} via ${via}${m}${t}`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyPrefix, gateway, device).map(([net, via, dev]) => `${net} via ${via} dev ${dev} onlink`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(anyPrefix, device, metric, table)
      .map(([net, dev, m, t]) => `${net} dev ${dev} scope link${m}${t}`),
  },
  { weight: 1, arbitrary: fc.tuple(anyPrefix, gateway).map(([net, via]) => `${net} via ${via} src 10.0.0.1`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyPrefix, gateway, fc.constantFrom('600', '1280', '1400'))
      .map(([net, via, mtu]) => `${net} via ${via} mtu ${mtu}`),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'throw'), anyPrefix, metric, table)
      .map(([kind, net, m, t]) => `${kind} ${net}${m}${t}`),
  },
)

/** A line as `ip rule add` takes it. */
export const policyRule: fc.Arbitrary<string> = fc
  .record({
    from: sometimes(
      anyPrefix.map(net => `from ${net}`),
      0.4,
    ),
    to: sometimes(
      anyPrefix.map(net => `to ${net}`),
      0.2,
    ),
    mark: sometimes(fc.constantFrom('fwmark 0x1', 'fwmark 0x2/0x2', 'fwmark 0x4000/0x4000'), 0.3),
    iif: sometimes(fc.constantFrom('iif cni0', 'iif eth0', 'iif lo'), 0.2),
    action: fc.constantFrom('lookup 100', 'lookup 100', 'lookup 100', 'unreachable', 'prohibit', 'blackhole'),
    priority: fc.constantFrom('priority 100', 'priority 200', 'priority 40000'),
  })
  .map(parts =>
    Object.values(parts)
      .filter(part => part !== undefined)
      .join(' '),
  )
