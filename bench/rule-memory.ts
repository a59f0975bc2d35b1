/**
 * What rules cost in memory: the heap that is left in use when the text of so many Services with ten endpoints each has been
 * loaded into a namespace, divided by rules. The text itself is not counted where nothing holds it. Each measurement is a
 * process of its own.
 *
 *     npx tsx bench/rule-memory.ts [--sizes 1000,10000] [--modes iptables,nftables,ipvs]
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { benchProxyState, planBench } from '../src/cli/bench/index.ts'
import { World } from '../src/netns/index.ts'

const MODES = ['iptables', 'nftables', 'ipvs'] as const
type Mode = (typeof MODES)[number]

/** Rules of iptables, members of sets, virtual and real servers; rules of nft and elements of its maps. */
const RULES: Readonly<Record<Mode, RegExp>> = {
  iptables: /^-A /gm,
  ipvs: /^(?:-[Aa]|add) /gm,
  nftables: /^\t\t(?!type|comment|elements|flags|timeout)\S.*$/gm,
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000' },
    modes: { type: 'string', default: MODES.join() },
    one: { type: 'boolean', default: false },
  },
})
const modes = MODES.filter(mode => values.modes.split(',').includes(mode))
const sizes = values.sizes.split(',').map(Number)
if (values.one) {
  process.stdout.write(JSON.stringify(measure(modes[0] ?? 'iptables', sizes[0] ?? 1000)))
} else {
  const results = sizes.flatMap(size =>
    modes.map(mode => {
      const args = ['--one', '--modes', mode, '--sizes', `${size}`]
      const node = ['--expose-gc', '--import', 'tsx', import.meta.filename, ...args]
      return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' })) as object
    }),
  )
  process.stdout.write(`${JSON.stringify({ node: process.version, results }, null, 2)}\n`)
}

function measure(mode: Mode, size: number): object {
  const before = inUse()
  const { netfilter, nft, ipvs, ipsets } = load(mode, size)
  const bytes = inUse() - before
  const text = `${netfilter.save(4)}${nft.list()}${ipvs.save()}${ipsets.save()}`
  const rules = text.match(RULES[mode])?.length ?? 0
  return { size, mode, rules, mebibytes: Math.round(bytes / 2 ** 20), bytesPerRule: Math.round(bytes / rules) }
}

function inUse(): number {
  const { gc } = globalThis as { gc?: () => void }
  for (let i = 0; i < 4; i++) gc?.()
  return process.memoryUsage().heapUsed
}

function load(mode: Mode, size: number) {
  const plan = planBench(benchProxyState(size), mode)
  const ns = new World().createNamespace('node')
  for (const text of plan.ipsets) ns.ipsets.restore(text)
  for (const { family, text } of plan.iptables) ns.netfilter.restore(family, text, { noflush: true })
  for (const text of plan.nft) ns.nft.load(text)
  if (plan.ipvs !== '') ns.ipvs.restore(plan.ipvs)
  return ns
}
