import { afterAll, describe, expect, test } from 'vitest'
import { KernelAgent, type Lines } from '../../src/cli/kernel/agent.ts'
import { numbered } from '../../src/cli/kernel/kernel-world.ts'
import { prepare } from '../../src/cli/kernel/prepare.ts'
import { planLab } from '../../src/export/index.ts'
import { experimentOf } from './random/run-random.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('that worlds are built as the programs build them')
const agents: KernelAgent[] = []
afterAll(() => {
  for (const agent of agents) agent.stop()
})

const SHOWN = [
  ['ip', '-d', '-o', 'addr'],
  ['ip', '-d', '-o', 'link'],
  ['ip', '-d', 'route', 'show', 'table', 'all'],
  ['ip', '-d', '-6', 'route', 'show', 'table', 'all'],
  ['ip', 'neigh'],
  ['bridge', '-d', 'fdb'],
]

/** What chance or time decides: the switch's address, timers, the hash seed of a bridge. */
function steady(text: string): string {
  return text
    .replace(/\b\w+_timer\s+\S+/g, '')
    .replace(/\b(?:bridge_id|designated_(?:root|bridge)) \S+/g, '')
    .replace(/(master switch|dev switch|: switch:).*/g, '$1')
    .replace(/ state (?:UP|UNKNOWN|LOWERLAYERDOWN|DOWN)/g, '')
    .replace(/<[A-Z,_-]*>/g, '')
    .replace(/\bstate (?:forwarding|disabled)\b/g, '')
    .replace(/linkdown|link-netnsid \d+/g, '')
    .split('\n')
    .filter(line => !line.includes('switch'))
    .sort()
    .join('\n')
}

/** A random world, built line by line, as `ip` and `bridge` show it. */
async function shown(agent: KernelAgent, seed: number, directly: boolean): Promise<string> {
  const { configs } = prepare(experimentOf(seed))
  const names = [...new Set(planLab(configs, name => name, { quiet: true }).namespaces.map(({ name }) => name))]
  const paths = await agent.create(names)
  // Else devices say at times of their own who they are, and bridges learn it.
  await agent.sysctl(names.map(ns => [ns, 'net/ipv6/conf/default/disable_ipv6', '1'] as const))
  const plan = planLab(configs, name => paths[name] ?? name, { quiet: true })
  const results = [
    ...(await agent.configure([[null, 'ip', numbered(plan.links)]], { directly })),
    ...(await agent.configure(
      plan.namespaces.map((ns): Lines => [ns.name, 'ip', [...ns.links, ...ns.ip]]),
      { directly },
    )),
    ...(await agent.configure(
      plan.namespaces.filter(ns => ns.bridge.length > 0).map((ns): Lines => [ns.name, 'bridge', ns.bridge]),
      { directly },
    )),
  ]
  expect(results.map(([, , stderr]) => stderr).join('')).toBe('')
  const outputs = await agent.run(names.flatMap(ns => SHOWN.map(argv => ({ ns, argv }))))
  await agent.close()
  return outputs.map(([, stdout], i) => `${names[Math.floor(i / SHOWN.length)]}\n${steady(stdout)}`).join('\n')
}

describe.skipIf(!ready)('what the agent tells the kernel itself', () => {
  test.each([7, 8, 9, 10, 11, 12])('is what ip and bridge make of the same lines (world %i)', async seed => {
    const agent = new KernelAgent()
    agents.push(agent)
    expect(await shown(agent, seed, true)).toBe(await shown(agent, seed, false))
  })
})
