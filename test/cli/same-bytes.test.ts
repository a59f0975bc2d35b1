import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FIXTURES, runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubehop-same-bytes-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the same command and seed print the same bytes', () => {
  it.each([
    'trace pod/client svc/web -f FIXTURES/shop.yaml -o json',
    'trace pod/client svc/web -f FIXTURES/shop.yaml -vv',
    'trace pod/client svc/web -f FIXTURES/shop.yaml --all -o json --seed 99',
    'trace pod/client svc/web -f FIXTURES/shop.yaml -o pcapng',
    'trace external node/worker-3:30080 -f FIXTURES/shop.yaml --count 5',
    'show worker-1 conntrack -f FIXTURES/shop.yaml --after pod/client svc/web',
  ])('%s', async line => {
    const first = await runCli(line)
    const second = await runCli(line)
    expect(first.stdoutBytes.length).toBeGreaterThan(0)
    expect(Buffer.compare(first.stdoutBytes, second.stdoutBytes)).toBe(0)
  })

  it('another seed may choose another backend', async () => {
    const ends = new Set<string>()
    for (let seed = 1; seed <= 12; seed++) {
      const { stdout } = await runCli(`trace pod/client svc/web -f FIXTURES/shop.yaml -q --seed ${seed}`)
      ends.add(/DELIVERED to pod (\S+),/.exec(stdout)?.[1]?.replace(/.*-/, '') ?? '')
    }
    expect(ends.size).toBeGreaterThan(1)
  })

  it('the order of files and documents does not matter', async () => {
    const documents = readFileSync(`${FIXTURES}shop.yaml`, 'utf8').split(/^---$/m)
    const paths = documents.map((text, i) => {
      const path = join(folder, `${i}.yaml`)
      writeFileSync(path, text)
      return path
    })
    const traced = async (order: readonly string[]): Promise<string> => {
      const flags = order.flatMap(path => ['-f', path])
      return (await runCli('trace pod/client svc/web -o json --all -q', ...flags)).stdout
    }
    // Evidence names lines of files; those are the same in both orders.
    expect(await traced([...paths].reverse())).toBe(await traced(paths))
  })
})
