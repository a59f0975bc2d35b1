import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, formatData, queryMessage, typeNumber } from '../../src/dns/index.ts'
import { runCli } from './run-cli.ts'

let folder = ''
let child: ChildProcess
let url = ''
let dnsPort = 0
const errors: string[] = []

/** The first line of a stream for which `read` gives something. */
function lineOf<T>(stream: NodeJS.ReadableStream, read: (line: string) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const lines = createInterface(stream)
    lines.on('line', line => {
      const found = read(line)
      if (found !== undefined) resolve(found)
    })
    lines.on('close', () => reject(new Error('the stream has ended')))
  })
}

function said(pattern: RegExp): Promise<string> {
  return new Promise(resolve => {
    const look = (): void => {
      const found = errors.find(line => pattern.test(line))
      if (found === undefined) setTimeout(look, 20)
      else resolve(found)
    }
    look()
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubehop-up-'))
  await cp('examples/testweb', folder, { recursive: true })
  const args = [
    '--import',
    'tsx',
    'src/cli/main.ts',
    'up',
    '-f',
    folder,
    '--listen',
    '127.0.0.1:0',
    '--dns-listen',
    '[::1]:0',
  ]
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('the streams are pipes')
  createInterface(stderr).on('line', line => errors.push(line))
  const page = lineOf(stdout, line => /^page {2}(http:\/\/127\.0\.0\.1:\d+\/)$/.exec(line)?.[1])
  const dns = lineOf(stdout, line => /^dns {3}\[::1\]:(\d+) {2}\(UDP and TCP\)$/.exec(line)?.[1])
  url = await page
  dnsPort = Number(await dns)
}, 120_000)
afterAll(async () => {
  child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(new URL(path, url))).json()) as T
}

async function lookup(name: string): Promise<string[]> {
  const socket = createSocket('udp6')
  const query = queryMessage(7, name, typeNumber('A') ?? 1)
  socket.send(encodeMessage(query), dnsPort, '::1')
  const [bytes] = (await once(socket, 'message')) as [Uint8Array]
  socket.close()
  return decodeMessage(bytes).answer.map(rr => formatData(rr.data))
}

describe('kubehop up', () => {
  it('serves the API and DNS of the cluster in the files', async () => {
    expect(await get('api/health')).toEqual({ status: 'ok', revision: 1 })
    expect(await lookup('kubernetes.default.svc.cluster.local.')).toEqual(['10.96.0.1'])
    const here = await runCli(`trace pod/client svc/testweb -o json -f ${folder}`)
    expect((await runCli(`trace pod/client svc/testweb -o json --server ${url}`)).stdout).toBe(here.stdout)
  })

  it('takes up a changed file as a revision, in the API, in events and in DNS', async () => {
    const events = await fetch(new URL('api/events', url))
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
    const file = join(folder, 'fresh.yaml')
    await writeFile(file, SERVICE)
    await said(/^revision 2: changed /)
    let seen = ''
    while (!seen.includes('event: revision')) seen += (await reader?.read())?.value ?? ''
    expect(seen).toContain(`"label":"changed ${file}"`)
    await reader?.cancel()
    const { services } = await get<{ services: { name: string }[] }>('api/topology')
    expect(services.map(({ name }) => name)).toContain('fresh')
    expect(await lookup('fresh.default.svc.cluster.local.')).toEqual(['10.96.7.7'])
  })

  it('says what is wrong with a changed file and keeps what it had', async () => {
    const file = join(folder, 'fresh.yaml')
    await writeFile(file, SERVICE.replace('port: 80', 'port: 70000'))
    expect(await said(/fresh\.yaml/)).toBeDefined()
    expect(await said(/revision 2 stays$/)).toMatch(
      /^kubehop: .*fresh\.yaml:4:\d+: spec\.ports\[0\]\.port: .*\[KH_MANIFEST\]; revision 2 stays$/,
    )
    expect(await get('api/health')).toEqual({ status: 'ok', revision: 2 })
    await rm(file)
    await said(/^revision 3: changed .*fresh\.yaml$/)
    expect(await lookup('fresh.default.svc.cluster.local.')).toEqual([])
  })

  it('follows a changed Corefile with DNS', async () => {
    await writeFile(join(folder, 'corefile.yaml'), COREFILE)
    await said(/^revision 4: /)
    let answer: string[] = []
    // The port is closed for a moment, and what is asked then is lost.
    for (let i = 0; i < 50 && answer.length === 0; i++) {
      answer = await Promise.race([
        lookup('any.example.'),
        new Promise<string[]>(resolve => setTimeout(() => resolve([]), 100)),
      ])
    }
    expect(answer).toEqual(['192.0.2.77'])
  })

  it('ends cleanly when it is interrupted, also while somebody listens', async () => {
    const events = await fetch(new URL('api/events', url))
    child.kill('SIGINT')
    const [status] = await once(child, 'exit')
    expect(status).toBe(0)
    await expect(events.text()).resolves.toMatch(/^retry: /)
    expect(errors.filter(line => /internal error|Error:/.test(line))).toEqual([])
  })
})

describe('kubehop up refuses', () => {
  it.each([
    ['an address that others reach', '--listen 0.0.0.0:0', /not loopback.*--allow-remote.* \[KH_USAGE\]$/],
    ['the same for DNS', '--listen 127.0.0.1:0 --dns-listen 0.0.0.0:0', /not loopback.*--allow-remote.* \[KH_USAGE\]$/],
    ['no address', '--listen localhost', /^kubehop: --listen: "localhost" is not ADDRESS:PORT.* \[KH_USAGE\]$/],
    ['files that are not there', '-f /nowhere --listen 127.0.0.1:0', /no such file or folder \[KH_IO\]$/],
  ])('%s', async (_, words, message) => {
    const { status, stderr } = await runCli(`up ${words}`)
    expect([status, stderr.trim().split('\n').at(-1)]).toEqual([2, expect.stringMatching(message)])
  })
})

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: fresh, namespace: default }
spec: { clusterIP: 10.96.7.7, ports: [{ port: 80 }] }
`

const COREFILE = `apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: kube-system }
data:
  Corefile: |
    .:53 {
        hosts {
            192.0.2.77 any.example
        }
    }
`
