import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { changeRoute, formatRoute, HOME, parseRoute, type Route } from '../../../viz/app/route.ts'

const word = fc.string({ unit: 'grapheme', maxLength: 12 })
const number = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: null })
const routes: fc.Arbitrary<Route> = fc.record({
  view: fc.constantFrom('topology', 'trace', 'policy'),
  probe: fc.record({
    from: word,
    to: word,
    protocol: fc.constantFrom('', 'tcp', 'udp', 'icmp', 'sctp'),
    port: number(65535),
    seed: number(2 ** 32 - 1),
  }),
  revision: number(2 ** 31),
  theme: fc.constantFrom('auto', 'light', 'dark'),
  params: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,6}$/).filter(name => !['from', 'to', 'proto', 'port', 'seed', 'theme'].includes(name)),
    fc.string({ minLength: 1, maxLength: 12 }),
  ),
})

describe('a route', () => {
  it.each([
    ['', HOME],
    ['#/', HOME],
    [
      '#/trace?from=pod/client&to=svc/web:80&step=3',
      { ...HOME, view: 'trace', probe: { ...HOME.probe, from: 'pod/client', to: 'svc/web:80' }, params: { step: '3' } },
    ],
    ['#/trace?port=99999&proto=gre&seed=-1&theme=pink', { ...HOME, view: 'trace' }],
  ])('%j is read', (fragment, route) => {
    expect(parseRoute(fragment)).toEqual(route)
  })

  property.prop([routes])('is what its address says', route => {
    expect(parseRoute(formatRoute(route))).toEqual({ ...route, params: { ...route.params } })
  })

  property.prop([fc.string()])('is read from any text', text => {
    expect(parseRoute(text).view).not.toBe('')
  })

  it('leaves the parameters of a view behind when another is chosen, and keeps who sends to whom', () => {
    const route = parseRoute('#/topology?from=a&to=b&q=web')
    expect(formatRoute(changeRoute(route, { view: 'trace', params: { step: '2' } }))).toBe('#/trace?from=a&to=b&step=2')
    expect(formatRoute(changeRoute(route, { params: { q: null } }))).toBe('#/topology?from=a&to=b')
  })
})
