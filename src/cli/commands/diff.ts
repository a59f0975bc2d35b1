import { Cluster, DEFAULT_CLUSTER, readConfig } from '../../cluster/index.ts'
import { PolicyEngine } from '../../netpol/index.ts'
import { type GroupBy, policyDiff } from '../../probe/index.ts'
import { diffCsv, diffJson, diffMarkdown, diffText } from '../../report/index.ts'
import { type PolicyCliOptions, policyOptions } from '../policy-options.ts'
import { readGitInputs } from '../read-git-inputs.ts'
import { readInputs, readText } from '../read-inputs.ts'
import { writeOut } from '../write-out.ts'

interface DiffOptions extends PolicyCliOptions {
  readonly by: GroupBy
  readonly failOn?: 'gained' | 'lost' | 'internet'
}

/** `kubehop diff OLD NEW`. What -f names is on both sides. Without --fail-on, exit 1 says that something changed. */
export async function diffCommand(before: string, after: string, options: DiffOptions): Promise<number> {
  const old = await load(before, options)
  const now = await load(after, options)
  const switches = policyOptions(options)
  const entries = policyDiff(
    new PolicyEngine(old.snapshot, switches),
    new PolicyEngine(now.snapshot, switches),
    options.by,
  )
  const places = { before: old.placeOf.bind(old), after: now.placeOf.bind(now) }
  const render = { json: diffJson, md: diffMarkdown, csv: diffCsv, text: diffText }
  const { output = 'text' } = options
  await writeOut(render[output === 'json' || output === 'md' || output === 'csv' ? output : 'text'](entries, places))
  if (options.failOn === 'internet') return entries.some(one => one.internet && one.change === 'gained') ? 1 : 0
  if (options.failOn !== undefined) return entries.some(one => one.change === options.failOn) ? 1 : 0
  return entries.length === 0 ? 0 : 1
}

async function load(source: string, options: DiffOptions): Promise<Cluster> {
  const config =
    options.config === undefined ? DEFAULT_CLUSTER : readConfig(options.config, await readText(options.config))
  const own = (await readGitInputs(source)) ?? (await readInputs([source], options.recursive))
  const inputs = [...(await readInputs(options.file, options.recursive)), ...own]
  return Cluster.load({ inputs, config, seed: options.seed })
}
