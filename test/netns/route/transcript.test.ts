import { describe, test } from 'vitest'
import { replay } from './fixture.ts'

describe('the simulated namespace answers as the real one did', () => {
  test.each([
    ['route-get', 'ip route get in every state of forwarding, rp_filter, accept_local, route_localnet, and by rules'],
    ['route-get6', 'ip -6 route get: source addresses of RFC 6724, devices of link-local destinations, rules'],
    ['route-add', 'ip route add: what is refused, and how tables are printed'],
    ['address', 'ip addr add and del, links going down and up: what becomes of routes'],
    ['rule', 'ip rule add: what is refused, priorities, how rules are printed'],
  ])('%s: %s', name => {
    replay(name)
  })
})
