import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../src/errors.ts'
import { SeededChance } from '../../src/netns/index.ts'
import { loadNode, NODE_FILES, type NodeState, traceNode } from '../../src/probe/index.ts'
import { FIXTURES, runCli } from './run-cli.ts'

/** Written by scripts/collect-node.sh on a node with flannel and kube-proxy's rules for one NodePort Service. */
const folder = join(FIXTURES, 'node-state')
const state: NodeState = Object.fromEntries(
  readdirSync(folder).map(file => [file, readFileSync(join(folder, file), 'utf8')]),
)

describe('a real node as it is', () => {
  test('its rules come out as they went in', () => {
    const { node } = loadNode(state, new SeededChance(1))
    const rules = (text = ''): string[] => text.split('\n').filter(line => line.startsWith('-A'))
    expect(rules(node.netfilter.save(4)).sort()).toEqual(rules(state['iptables-save.txt']).sort())
    expect(node.devices.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual([
      'cni0 bridge',
      'eth0 dummy',
      'flannel.1 vxlan',
      'lo loopback',
      'va dummy',
    ])
  })
  test.each([
    ['10.244.1.5', '10.96.7.7:80', 'EXITS_CLUSTER', /^leaves the node by (?:va|flannel\.1|eth0)$/],
    ['192.168.0.50', '192.168.0.11:30080', 'EXITS_CLUSTER', /^leaves the node by (?:va|eth0)$/],
    ['10.244.1.5@cni0', '10.244.2.9:80', 'EXITS_CLUSTER', /^leaves the node by eth0$/],
    ['192.168.0.11', '10.96.7.7:80', 'EXITS_CLUSTER', /^leaves the node by (?:va|eth0)$/],
    ['192.168.0.50', '192.168.0.11:22', 'PORT_CLOSED', /no TCP socket on 192\.168\.0\.11:22/],
    ['192.168.0.50', '127.0.0.1:80', 'MARTIAN', /martian/],
  ])('%s to %s: %s', (from, to, disposition, message) => {
    const trace = traceNode(state, { from, to })
    expect(trace).toMatchObject({ disposition })
    expect(trace.reason.message).toMatch(message)
  })
  test('a NodePort is masqueraded, and half of the packets go over the tunnel', () => {
    const ends = [1, 2, 3, 4, 5, 6, 7, 8].map(seed => {
      const trace = traceNode(state, { from: '192.168.0.50', to: '192.168.0.11:30080' }, { seed })
      const sources = trace.hops[0]?.steps.flatMap(step =>
        step.type === 'nat' ? step.changes.map(({ new: now }) => String(now).replace(/:\d+$/, '')) : [],
      )
      return sources?.join(' ')
    })
    expect(new Set(ends)).toEqual(new Set(['10.244.1.2 10.244.1.1', '10.244.2.2 10.244.1.0']))
  })
  test('from the command line', async () => {
    const result = await runCli('trace --node-state FIXTURES/node-state 10.244.1.5 10.96.7.7:80 --no-color')
    expect(result.status).toBe(0)
    expect(result.stdout).toMatch(/KUBE-SVC-/)
  })
  test.each([
    ['trace --node-state FIXTURES/nothing 1.1.1.1 2.2.2.2', 'collect-node.sh writes them'],
    ['trace --node-state FIXTURES/node-state pod/web 2.2.2.2', 'it is an IP address'],
    ['trace --node-state FIXTURES/node-state 10.9.9.9@eth7 2.2.2.2', 'there is no device'],
    ['trace --node-state FIXTURES/node-state 10.9.9.9 fd00::1', 'different families'],
  ])('%s: %s', async (line, message) => {
    const result = await runCli(line)
    expect(result.status).toBe(2)
    expect(result.stderr).toContain(message)
  })
  test('whatever the files: a node, or a KubehopError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NODE_FILES),
        fc.nat(),
        fc.nat({ max: 30 }),
        fc.string(),
        (file, at, length, text) => {
          const whole = state[file] ?? ''
          const start = at % (whole.length + 1)
          const broken = whole.slice(0, start) + text + whole.slice(start + length)
          try {
            loadNode({ ...state, [file]: broken }, new SeededChance(1))
          } catch (error) {
            expect(error).toBeInstanceOf(KubehopError)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
