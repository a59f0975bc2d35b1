import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../src/cli/run.ts'

const examples = join(import.meta.dirname, '../../examples/policies')
let out = ''
let err = ''

beforeEach(() => {
  out = ''
  err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(piece => {
    out += String(piece)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(piece => {
    err += String(piece)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

const on = (...args: string[]) => run([...args, '-f', examples, '--quiet'])

describe('commands about policies', () => {
  test('why: 0 allowed, 1 denied, with file and line of the rule', async () => {
    expect(await on('why', 'shop/api', 'shop/db')).toBe(0)
    expect(out).toContain('decided by: NetworkPolicy shop/db spec.ingress[0]')
    expect(out).toContain('db.yaml:9')
    expect(await on('why', 'shop/frontend', 'shop/db')).toBe(1)
    expect(out).toContain('pod shop/frontend has role=frontend; role=api is wanted')
  })

  test('why as JSON', async () => {
    expect(await on('why', 'default/visitor', 'shop/api', '--port', '8080', '-o', 'json')).toBe(1)
    const { schema, allowed, ingress } = JSON.parse(out)
    expect([schema, allowed, ingress.reason]).toEqual(['kubehop.dev/why/v1', false, 'isolated'])
  })

  test('reach prints a matrix, and checks expectations', async () => {
    expect(
      await on(
        'reach',
        '--port',
        '5432',
        '--from',
        'namespace/shop',
        '--to',
        'namespace/shop',
        '-o',
        'csv',
        '--no-external',
      ),
    ).toBe(0)
    expect(out).toContain('shop/api,shop/db,allowed,TCP 5432,TCP 5432')
    expect(out).toContain('shop/frontend,shop/db,denied,No Connections,No Connections')
    expect(await on('reach', '--expect', join(examples, 'checks/expect.yaml'))).toBe(0)
  })

  test('a failed expectation is in JUnit and SARIF with its line', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'kubehop-')), 'expect.yaml')
    writeFileSync(file, 'expect:\n- allow: {from: namespace/default, to: shop/role=db, port: 5432}\n')
    expect(await on('reach', '--expect', file, '-o', 'junit')).toBe(1)
    expect(out).toContain('<testsuites tests="1" failures="1">')
    out = ''
    expect(await on('reach', '--expect', file, '-o', 'sarif')).toBe(1)
    const { runs } = JSON.parse(out)
    expect(runs[0].results[0].locations[0].physicalLocation.region.startLine).toBe(2)
  })

  test('diff tells what changed, and --fail-on chooses what fails', async () => {
    const bare = join(examples, 'cluster.yaml')
    expect(await run(['diff', bare, examples, '--quiet'])).toBe(1)
    expect(out).toContain('- default/pod/visitor -> shop/pod/db All Connections')
    expect(await run(['diff', bare, examples, '--quiet', '--fail-on', 'gained'])).toBe(0)
    expect(await run(['diff', examples, examples, '--quiet'])).toBe(0)
  })

  test('synthesize writes policies and proves them', async () => {
    const flows = join(examples, 'checks/flows.txt')
    expect(await run(['synthesize', '-f', join(examples, 'cluster.yaml'), '--flows', flows, '--quiet'])).toBe(0)
    expect(out).toContain('# proven on')
  })

  test('lint finds, and refuses rules that do not exist', async () => {
    expect(await on('lint', '--rule', 'internet-open')).toBe(0)
    expect(await on('lint', '--rule', 'nonsense')).toBe(2)
    expect(err).toContain('there is no rule "nonsense"')
  })
})
