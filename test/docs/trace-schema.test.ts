import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { DISPOSITIONS, type Trace } from '../../src/trace/index.ts'
import { runCli } from '../cli/run-cli.ts'

type Schema = { [key: string]: unknown; $defs: Record<string, { enum?: string[]; properties?: object }> }
const schema = JSON.parse(readFileSync('docs/trace.schema.json', 'utf8')) as Schema

/** The schema says what may be added; for us, here, nothing may be there that it does not name. */
const closed = structuredClone(schema)
for (const definition of Object.values(closed.$defs)) {
  if (definition.properties !== undefined) Object.assign(definition, { additionalProperties: false })
}
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(closed)

const QUERIES = [
  'pod/client svc/web',
  'pod/client svc/web -v',
  'pod/client svc/web -vv --all',
  'pod/client svc/headless --all',
  'pod/client svc/empty',
  'pod/client pod/one:81',
  'pod/client svc/one:dns --size 3000',
  'pod/client svc/one:discard',
  'pod/client svc/web --proto icmp',
  'pod/client 10.244.1.200:80',
  'pod/client pod/one --ttl 1',
  'pod/client svc/one:dns --size 2000 --df',
  'pod/client svc/silent',
  'pod/client [fd00::1]:80',
  'pod/one svc/one:http',
  'external node/worker-1:30080 --all',
  'external/127.0.0.5 node/worker-1:30080',
  'node/worker-1 127.0.0.1:30080',
  'pod/client pod/one --iptables-save worker-1=FIXTURES/drop.rules',
  'pod/client 8.8.8.8',
]

describe('docs/trace.schema.json', () => {
  it.each(QUERIES)('describes trace %s', async query => {
    const { stdout } = await runCli(`trace ${query} -q -f FIXTURES/shop.yaml -o json`)
    validate(JSON.parse(stdout))
    expect(validate.errors ?? []).toEqual([])
  })

  it('refuses what is no trace', () => {
    expect(validate({ schema: 'kubehop.dev/trace/v1' })).toBe(false)
    expect(validate(null)).toBe(false)
  })

  it('names every disposition', () => {
    expect(schema.$defs.disposition?.enum).toEqual([...DISPOSITIONS])
  })

  it('says how certain a trace is', async () => {
    const { stdout } = await runCli('trace pod/client svc/silent -q -f FIXTURES/shop.yaml -o json')
    const { certainty, assumptions } = JSON.parse(stdout) as Trace
    expect(certainty).toBe('unknown')
    expect(assumptions.join()).toMatch(/targetPort of Service silent.*no object says so/)
  })
})
