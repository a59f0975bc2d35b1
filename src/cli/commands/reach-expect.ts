import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import type { PolicyEngine } from '../../netpol/index.ts'
import { checkExpectations, type ExpectationResult, readExpectations } from '../../probe/index.ts'
import { type Checked, findingsMarkdown, findingsText, junitXml, sarifJson, whyText } from '../../report/index.ts'
import { readText } from '../read-inputs.ts'
import { VERSION } from '../version.ts'
import { writeOut } from '../write-out.ts'
import type { ReachOptions } from './reach.ts'

/** `kubehop reach --expect FILE`. */
export async function reachExpect(
  cluster: Cluster,
  engine: PolicyEngine,
  file: string,
  options: ReachOptions,
): Promise<number> {
  const results = checkExpectations(engine, readExpectations(file, await readText(file)))
  const checked = results.map(result => checkedOf(result, cluster))
  const findings = checked.flatMap(one => one.finding ?? [])
  switch (options.output) {
    case 'junit':
      await writeOut(junitXml('kubehop reach', checked))
      break
    case 'sarif':
      await writeOut(
        sarifJson(
          findings,
          [{ id: 'expectation-failed', summary: 'Policies do not do what a file of expectations says' }],
          VERSION,
        ),
      )
      break
    case 'md':
      await writeOut(findingsMarkdown('Reachability', checked))
      break
    case 'json':
      await writeOut(`${JSON.stringify({ schema: 'kubehop.dev/expect/v1', results: results.map(jsonOf) }, null, 2)}\n`)
      break
    case undefined:
    case 'text':
      await writeOut(findingsText(checked, options.quiet === true))
      break
    default:
      throw new KubehopError(
        'KH_USAGE',
        `-o ${options.output} cannot show expectations: use text, json, md, junit or sarif`,
      )
  }
  return findings.length === 0 ? 0 : 1
}

function checkedOf({ expectation, ok, message, counterexample }: ExpectationResult, cluster: Cluster): Checked {
  const { name, place } = expectation
  if (ok) return { name, finding: undefined }
  const detail =
    counterexample === undefined ? {} : { detail: whyText(counterexample, [], cluster.placeOf.bind(cluster)) }
  return {
    name,
    finding: { rule: 'expectation-failed', level: 'error', name, message: `${name}: ${message}`, place, ...detail },
  }
}

function jsonOf({ expectation, ok, pairs, message }: ExpectationResult): object {
  return { name: expectation.name, ok, pairs, message, place: expectation.place }
}
