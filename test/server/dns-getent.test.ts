import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, readConfig } from '../../src/cluster/index.ts'
import { resolve } from '../../src/probe/index.ts'

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0
const able =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  has('ip', 'netns', 'list') &&
  has('unshare', '-m', 'true') &&
  has('getent', 'hosts', 'localhost') &&
  has('dig', '-v') &&
  has('which', 'host', 'nslookup')
if (!able)
  console.warn(
    'SKIPPED: getent, host and nslookup do not resolve names of the cluster. To run it: as root on Linux, apt-get install iproute2 bind9-dnsutils bind9-host',
  )

const NETNS = `kh-dns-getent-${process.pid}`
const CONFIG = `apiVersion: kubehop.dev/v1alpha1
kind: Cluster
spec:
  dns:
    corefile: |
      .:53 {
          log
          kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods insecure
              fallthrough in-addr.arpa ip6.arpa
          }
          forward . /etc/resolv.conf
      }
`
const OUTSIDE = `apiVersion: v1
kind: ConfigMap
metadata: { name: kubehop-dns, namespace: kube-system }
data:
  resolv.conf: |
    search ec2.internal
    nameserver 172.31.0.2
  records: |
    www.example.com. 300 A 192.0.2.80
`

/** Real programs in a network namespace of their own ask the real server there; beside it, the same lookup in the simulator. */
describe.skipIf(!able)('programs of this machine, as if they were in the pod', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-getent-'))
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const config = file('cluster.yaml', CONFIG)
  const manifests = [
    ...['client.yaml', 'web.yaml'].map(name => `examples/testweb/${name}`),
    file('outside.yaml', OUTSIDE),
  ]
  const cluster = Cluster.load({
    inputs: manifests.map(path => ({ name: path, text: readFileSync(path, 'utf8') })),
    config: readConfig(config, CONFIG),
  })
  const { resolvConf } = resolve(cluster, { from: 'pod/client', name: 'testweb', resolver: 'glibc' })
  const conf = file(
    'resolv.conf',
    `search ${resolvConf.searches.join(' ')}\nnameserver 127.0.0.1\noptions ${resolvConf.options.join(' ')}\n`,
  )
  let server: ChildProcess
  let log = ''

  beforeAll(async () => {
    for (const args of [
      ['netns', 'add', NETNS],
      ['-n', NETNS, 'link', 'set', 'lo', 'up'],
    ]) {
      const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
    }
    const files = manifests.flatMap(path => ['-f', path])
    const command = ['node_modules/.bin/tsx', 'src/cli/main.ts', 'dns', '--listen', '127.0.0.1:53', '--config', config]
    server = spawn('ip', ['netns', 'exec', NETNS, ...command, ...files], { stdio: ['ignore', 'pipe', 'pipe'] })
    server.stderr?.on('data', chunk => (log += chunk))
    await new Promise<void>((ready, failed) => {
      server.stdout?.on('data', chunk => {
        if (String(chunk).includes('DNS of the cluster')) ready()
      })
      server.once('close', () => failed(new Error(`the server ended: ${log}`)))
    })
  }, 60_000)
  afterAll(async () => {
    const gone = new Promise<void>(done => server.once('close', () => done()))
    server.kill('SIGTERM')
    await gone
    spawnSync('ip', ['netns', 'del', NETNS])
    rmSync(folder, { recursive: true })
  })

  /** Runs a program with the pod's resolv.conf; gives what it printed, and what it asked, in order. */
  async function run(program: string): Promise<{ output: string; asked: string[] }> {
    log = ''
    const script = `mount --bind ${conf} /etc/resolv.conf && ${program}`
    const child = spawn('ip', ['netns', 'exec', NETNS, 'unshare', '-m', 'sh', '-c', script])
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    await new Promise<void>(done => child.once('close', () => done()))
    // A last question, so that all lines before it have come.
    const { status } = spawnSync('ip', ['netns', 'exec', NETNS, 'dig', '@127.0.0.1', 'last.test'])
    if (status !== 0) throw new Error('the server does not answer')
    while (!log.includes('last.test.')) await new Promise(again => setTimeout(again, 20))
    const asked = [...log.matchAll(/"([A-Z]+) IN (\S+) udp/g)].map(([, type, name]) => `${name} ${type}`)
    return { output, asked: asked.filter(line => !line.startsWith('last.test.')) }
  }

  test.each([
    'testweb',
    'testweb.default',
    'testweb.default.svc',
    'testweb.default.svc.cluster.local',
    'testweb.default.svc.cluster.local.',
    'kubernetes.default.svc',
    'www.example.com',
    'www.example.com.',
    'nothere',
    'a.b.c.d.e.f',
  ])('getent asks for %s what the simulated glibc asks, in the same order, and gets the same', async name => {
    const simulated = resolve(cluster, { from: 'pod/client', name, resolver: 'glibc' })
    const { output, asked } = await run(`getent ahosts ${name}`)
    expect(asked).toEqual(simulated.queries.map(query => `${query.name} ${query.type}`))
    expect([...new Set(output.match(/^[0-9.]+(?= )/gm))]).toEqual(simulated.addresses)
  })

  test('host and nslookup find a Service by its short name, and its name by the address', async () => {
    const [address = ''] = resolve(cluster, { from: 'pod/client', name: 'testweb', resolver: 'glibc' }).addresses
    const name = 'testweb.default.svc.cluster.local'
    expect((await run('host testweb')).output).toContain(`${name} has address ${address}`)
    expect((await run(`host ${address}`)).output).toContain(`domain name pointer ${name}.`)
    expect((await run('nslookup testweb')).output).toMatch(new RegExp(`Name:\\s+${name}\\s+Address: ${address}`))
    expect((await run('nslookup nothere')).output).toContain("server can't find nothere: NXDOMAIN")
  })

  test.each(['host', 'nslookup'])('%s asks what the simulated one asks', async program => {
    for (const name of ['testweb', 'testweb.default', 'www.example.com']) {
      const simulated = resolve(cluster, { from: 'pod/client', name, resolver: program })
      const { asked } = await run(`${program} ${name}`)
      expect(asked).toEqual(simulated.queries.map(query => `${query.name} ${query.type}`))
    }
  })
})
