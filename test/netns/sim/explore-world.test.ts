import { describe, expect, it } from 'vitest'
import { explore, fraction, ONE, plus, ZERO } from '../../../src/netns/index.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { kubeRules } from '../../support/kube-rules.ts'
import { Lab } from '../../support/lab.ts'

describe('exploring a world', () => {
  it('finds every backend of a Service with the exact probability of its 31-bit statistic rules', () => {
    const endpoints = ['10.244.1.11:8080', '10.244.2.10:8080', '10.244.1.10:8080']
    const { branches, complete } = explore(chance => {
      const lab = new Lab({ chance })
      for (const name of ['p1a', 'p1b', 'p2a']) lab.listen(name, { protocol: 'udp', port: 8080 })
      lab.rules('n1', kubeRules({ endpoints }))
      lab.ns('n1').sockets.sendUdp({ dst: parseAddr('10.96.0.10'), dport: 80 })
      lab.world.run()
      return lab
        .ns('n1')
        .conntrack.entries()
        .map(entry => formatAddr(entry.reply.src))
    })
    expect(complete).toBe(true)
    expect(branches.map(branch => branch.value)).toEqual([['10.244.1.11'], ['10.244.2.10'], ['10.244.1.10']])
    // 0.33333333333 is stored as 715827883 of 2³¹, 0.50000000000 as 2³⁰.
    expect(branches[0]?.probability).toEqual(fraction(715827883n, 2147483648n))
    expect(branches.reduce((sum, { probability }) => plus(sum, probability), ZERO)).toEqual(ONE)
    expect(branches.map(({ decisions }) => decisions.length)).toEqual([1, 2, 2])
  })
})
