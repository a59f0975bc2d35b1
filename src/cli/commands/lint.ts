import { chosenRules, lintChecks } from '../../api/index.ts'
import { findingsMarkdown, findingsText, junitXml, sarifJson } from '../../report/index.ts'
import type { PolicyCliOptions } from '../policy-options.ts'
import { callerFor, type RemoteOptions } from '../remote/caller.ts'
import { VERSION } from '../version.ts'
import { writeOut } from '../write-out.ts'

interface LintOptions extends PolicyCliOptions, RemoteOptions {
  readonly rule?: string
}

/** `kubehop lint`. */
export async function lintCommand(options: LintOptions): Promise<number> {
  const { ipv6, profile } = options
  const wanted = options.rule?.split(',').map(id => id.trim())
  const rules = chosenRules(wanted)
  const caller = await callerFor(options)
  const { findings } = await caller.call('lint', {
    profile,
    ...(wanted === undefined ? {} : { rules: wanted }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  })
  const checked = lintChecks(findings)
  switch (options.output) {
    case 'json':
      await writeOut(`${JSON.stringify({ schema: 'kubehop.dev/lint/v1', findings }, null, 2)}\n`)
      break
    case 'md':
      await writeOut(findingsMarkdown('Policies', checked))
      break
    case 'junit':
      await writeOut(junitXml('kubehop lint', checked))
      break
    case 'sarif':
      await writeOut(
        sarifJson(
          checked.flatMap(one => one.finding ?? []),
          rules.map(({ id, summary }) => ({ id, summary, help: `docs/lint/${id}.md` })),
          VERSION,
        ),
      )
      break
    default:
      await writeOut(findings.length === 0 ? 'no findings\n' : findingsText(checked, options.quiet === true))
  }
  return findings.length === 0 ? 0 : 1
}
