import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordTraced } from '../../src/probe/index.ts'
import { traceToXtables } from '../../src/report/index.ts'
import { runCli } from '../cli/run-cli.ts'
import { exampleCluster, plainXtables, XTABLES_QUESTIONS } from '../support/xtables-questions.ts'

/** Printed by xtables-monitor 1.8.9 on Linux 6.18; again with `KUBEHOP_RECORD=1 npx vitest run --project kernel test/kernel/xtables.test.ts`. */
const RECORDED: readonly { readonly what: string; readonly node: string; readonly lines: readonly string[] }[] =
  JSON.parse(readFileSync(new URL('xtables-recorded.json', import.meta.url), 'utf8'))

describe('-o xtables', () => {
  it.each(RECORDED)('$what on $node is what the real monitor printed', ({ what, node, lines }) => {
    const [, example = '', query] = XTABLES_QUESTIONS.find(([title]) => title === what) ?? []
    if (query === undefined) throw new Error(`nobody asks ${what}`)
    const ours = traceToXtables(recordTraced(exampleCluster(example), query))
    expect(plainXtables(ours.find(({ namespace }) => namespace === node)?.lines ?? [])).toEqual(lines)
  })

  it('gives nodes under headings, or one node without', async () => {
    const line = 'trace pod/client svc/testweb:80 -f examples/testweb --sport 40000 -o xtables'
    const all = await runCli(line)
    expect(all.status).toBe(0)
    expect(all.stdout.match(/^# .*/gm)).toEqual(['# worker-1', '# worker-2'])
    const one = await runCli(`${line} --node worker-2`)
    expect(all.stdout.endsWith(`# worker-2\n${one.stdout}`)).toBe(true)
    for (const text of one.stdout.trimEnd().split('\n')) expect(text).toMatch(/^(?:PACKET| TRACE): 2 [0-9a-f]{8} /)
  })

  it('says which nodes there are, and that branches have no single one', async () => {
    const line = 'trace pod/client svc/testweb:80 -f examples/testweb -o xtables'
    expect(await runCli(`${line} --node worker-3`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the packets met rules of worker-1, worker-2'),
    })
    expect(await runCli(`${line} --all`)).toMatchObject({ status: 2 })
  })
})
