import type { Finding } from './finding.ts'

/** What a rule means, for those who read the findings elsewhere. */
export interface RuleText {
  readonly id: string
  readonly summary: string
  readonly help?: string
}

/** SARIF 2.1.0 with a place for each finding. */
export function sarifJson(findings: readonly Finding[], rules: readonly RuleText[], version: string): string {
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'kubehop',
            version,
            rules: rules.map(({ id, summary, help }) => ({
              id,
              shortDescription: { text: summary },
              ...(help === undefined ? {} : { help: { text: help } }),
            })),
          },
        },
        results: findings.map(({ rule, level, message, place, detail }) => ({
          ruleId: rule,
          level,
          message: { text: detail === undefined ? message : `${message}\n${detail}` },
          ...(place === undefined ? {} : { locations: [location(place)] }),
        })),
      },
    ],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function location({ file, line, column }: NonNullable<Finding['place']>): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(file) },
      ...(line === undefined
        ? {}
        : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }),
    },
  }
}
