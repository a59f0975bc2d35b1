import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Session } from '../../src/api/index.ts'
import { readInputs } from '../../src/cli/read-inputs.ts'
import { VERSION } from '../../src/cli/version.ts'
import { type HttpServer, serveHttp } from '../../src/server/index.ts'
import { runCli } from './run-cli.ts'

const FOLDERS = ['examples/testweb', 'examples/policies']
const FILES = FOLDERS.map(folder => `-f ${folder}`).join(' ')

let server: HttpServer
beforeAll(async () => {
  const session = Session.load({ inputs: await readInputs(FOLDERS) })
  server = await serveHttp(session, { host: '127.0.0.1', port: 0, version: VERSION, log: () => undefined })
})
afterAll(() => server.close())

describe('--server prints the same bytes as the files', () => {
  it.each([
    'trace pod/client svc/testweb',
    'trace pod/client svc/testweb -v',
    'trace pod/client svc/testweb -vv --all',
    'trace pod/client svc/testweb -q',
    'trace pod/client svc/testweb --all -o json',
    'trace pod/client svc/testweb -o json --count 2',
    'trace pod/client svc/testweb -o mermaid',
    'trace pod/client svc/testweb -o pcapng --size 3000',
    'trace pod/client testweb:80',
    'trace pod/client testweb:80 -o json',
    'trace pod/client testweb:80 -o mermaid',
    'trace pod/client testweb:80 -o pcapng',
    'trace pod/client nobody:80',
    'trace pod/client nobody:80 -o json',
    'trace pod/client nobody:80 --expect DNS_NXDOMAIN',
    'trace shop/api pod/client --proto udp --port 53 --sport 5353 --ttl 3 --df',
    'trace pod/client 10.244.1.99 --proto icmp --expect DELIVERED',
    'trace pod/client pod/nobody',
    'trace pod/client svc/testweb:81',
    'reach',
    'reach --by pod --proto tcp --port 5432 --from namespace/shop --no-external',
    'reach -o json',
    'reach -o csv --by workload',
    'reach -o md',
    'reach -o dot',
    'reach -o svg',
    'reach -o html',
    'reach --from a=b=c',
    'why shop/frontend shop/db',
    'why shop/api shop/db -o json',
    'why pod/client svc/testweb',
    'why pod/client nothing',
    'lint',
    'lint -o json',
    'lint -o md',
    'lint -o junit',
    'lint -o sarif --profile cilium',
    'lint -q --rule internet-open',
    'lint --rule no-such-rule',
    'resolve testweb --from pod/client',
    'resolve testweb -o json -v',
    'resolve nobody --trace -n shop',
    'resolve kubernetes.default -t SRV --count 2 --resolver dig',
    'resolve a..b',
  ])('%s', async line => {
    const here = await runCli(`${line} --no-color ${FILES}`)
    const there = await runCli(`${line} --no-color --server ${server.url}`)
    expect([there.status, there.stdout]).toEqual([here.status, here.stdout])
    expect(Buffer.compare(there.stdoutBytes, here.stdoutBytes)).toBe(0)
    if (here.status === 2) expect(there.stderr).toBe(here.stderr)
  })
})

describe('--seed with --server', () => {
  it('is that of the question: the cluster keeps its own', async () => {
    const ends = new Set<string>()
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { stdout } = await runCli(`trace pod/client svc/testweb -q --seed ${seed} --server ${server.url}`)
      ends.add(/testweb-[a-z0-9]+-[a-z0-9]+/.exec(stdout)?.[0] ?? '')
    }
    const pods = (await runCli(`reach --by pod -o json --server ${server.url}`)).stdout
    expect(ends.size).toBe(3)
    expect([...ends].filter(name => !pods.includes(`default/${name}"`))).toEqual([])
  })
})

describe('--server refuses', () => {
  it.each([
    [
      'files too',
      `trace pod/client svc/testweb -f examples/testweb`,
      /--server asks the cluster that the server has.* \[KH_USAGE\]$/,
    ],
    ['a shape too', 'lint --config x.yaml', /\[KH_USAGE\]$/],
    ['expectations', 'reach --expect x.yaml', /--expect checks what is loaded here.* \[KH_USAGE\]$/],
    ['the state of a node', 'trace a b --node-state x', /\[KH_USAGE\]$/],
    ['a word that is no disposition', 'trace a b --expect FINE', /is no disposition.* \[KH_USAGE\]$/],
  ])('%s', async (_, line, message) => {
    const { status, stderr } = await runCli(`${line} --server ${server.url}`)
    expect([status, stderr.trim()]).toEqual([2, expect.stringMatching(message)])
  })

  it.each([
    ['nonsense', /is not an address such as http:.* \[KH_USAGE\]$/],
    ['ftp://127.0.0.1/', /is not an address such as http:.* \[KH_USAGE\]$/],
    ['http://127.0.0.1:9', /^kubehop: nobody answers at http:\/\/127\.0\.0\.1:9.* \[KH_IO\]$/],
  ])('%s', async (url, message) => {
    const { status, stderr } = await runCli(`lint --server ${url}`)
    expect([status, stderr.trim()]).toEqual([2, expect.stringMatching(message)])
  })
})
