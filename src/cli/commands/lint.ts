import { KubehopError } from '../../errors.ts'
import { PolicyEngine } from '../../netpol/index.ts'
import { LINT_RULES, lintPolicies } from '../../probe/index.ts'
import { type Checked, findingsMarkdown, findingsText, junitXml, policyName, sarifJson } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions } from '../policy-options.ts'
import { VERSION } from '../version.ts'
import { writeOut } from '../write-out.ts'

interface LintOptions extends PolicyCliOptions {
  readonly rule?: string
}

/** `kubehop lint`. */
export async function lintCommand(options: LintOptions): Promise<number> {
  const wanted = options.rule?.split(',').map(id => id.trim())
  const unknown = wanted?.find(id => !LINT_RULES.some(rule => rule.id === id))
  if (unknown !== undefined) {
    throw new KubehopError(
      'KH_USAGE',
      `there is no rule ${JSON.stringify(unknown)}; there are ${LINT_RULES.map(rule => rule.id).join(', ')}`,
    )
  }
  const rules = wanted === undefined ? LINT_RULES : LINT_RULES.filter(rule => wanted.includes(rule.id))
  const cluster = await loadFromOptions(options)
  const engine = new PolicyEngine(cluster.snapshot, policyOptions(options))
  const checked = lintPolicies(engine, cluster.snapshot.services, cluster.config.networking.podSubnets, rules).map(
    ({ rule, object, path, message }): Checked => {
      const name = policyName(object)
      const place = cluster.placeOf(object, path)
      return {
        name: `${rule.id}: ${name}`,
        finding: { rule: rule.id, level: rule.level, name, message: `${name}: ${message}`, place },
      }
    },
  )
  const findings = checked.flatMap(one => one.finding ?? [])
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
          findings,
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
