import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../cli/run-cli.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('kubehop trace --kernel')
const folder = mkdtempSync(join(tmpdir(), 'kubehop-kernel-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SHAPES: Readonly<Record<string, string>> = {
  vxlan: 'nodes: 3',
  nftables: 'nodes: 3, cni: { name: flannel, backend: { Type: host-gw } }, kubeProxy: { mode: nftables }',
  ipvs: 'nodes: 3, kubeProxy: { mode: ipvs }',
  userspace: 'nodes: 3, kubeProxy: { mode: userspace }',
}
for (const [name, spec] of Object.entries(SHAPES)) {
  const text = `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: lab }\nspec: { ${spec} }\n`
  writeFileSync(join(folder, `${name}.yaml`), text)
}

/** The command line for a shape of the example cluster. */
const line = (shape: string, question: string): string =>
  `trace ${question} -f examples/testweb --config ${join(folder, `${shape}.yaml`)} --kernel`

/** What is asked, and how the kernel's client learns it. */
const QUESTIONS: readonly (readonly [question: string, client: RegExp])[] = [
  ['pod/client svc/testweb:80', /^ok 100 bytes$/],
  ['pod/client svc/testweb:80 --seed 4 --sport 45678 --size 3000', /^ok 3000 bytes$/],
  ['pod/client svc/testweb:80 --count 3', /^ok 100 bytes$/],
  ['pod/client deploy/testweb:9 --proto udp', /^ECONNREFUSED$/],
  ['pod/client deploy/testweb --proto icmp --size 3000', /^ok from /],
  ['pod/client deploy/testweb --proto icmp --size 1495 --df', /^EMSGSIZE$/],
  ['pod/client external --ttl 1', /^EHOSTUNREACH$/],
  ['pod/client 10.244.9.9:80', /^timeout$/],
  ['pod/client external/198.51.100.9:443', /^ok 100 bytes$/],
  ['external/198.51.100.9 node/worker-1:30320', /^ok 100 bytes$/],
  ['node/worker-1 svc/testweb:80', /^ok 100 bytes$/],
]

const schema = new Ajv2020({ strict: true, strictTypes: false }).compile(
  JSON.parse(readFileSync('docs/trace.schema.json', 'utf8')),
)

describe.skipIf(!ready)('trace --kernel', () => {
  describe.each(['vxlan', 'nftables'])('%s', shape => {
    test.each(QUESTIONS)('%s: the kernel agrees', async (question, client) => {
      const { stdout, stderr } = await runCli(`${line(shape, question)} -o json`)
      expect(stderr).toBe('')
      const trace = JSON.parse(stdout)
      expect(trace.kernel.differences).toEqual([])
      expect(trace.kernel).toMatchObject({ agreed: true, client: { kernel: expect.stringMatching(client) } })
      expect(trace.kernel.compared.rules).toBeGreaterThan(5)
      if (String(client).includes('ok')) expect(trace.kernel.compared.frames).toBeGreaterThan(5)
      expect([schema(trace), schema.errors]).toEqual([true, null])
    })

    test('every branch goes where it was drawn', async () => {
      const { status, stdout } = await runCli(`${line(shape, 'external node/worker-2:30320')} --all -o json`)
      expect(status).toBe(0)
      const { branches } = JSON.parse(stdout)
      expect(branches).toHaveLength(3)
      const endpoints = new Set<string>()
      for (const { trace } of branches) {
        expect(trace.kernel).toMatchObject({ agreed: true, differences: [] })
        const drawn = trace.kernel.pinned.filter(({ chosen }: { chosen: string }) => !chosen.startsWith('not '))
        for (const { chosen } of drawn) endpoints.add(chosen)
      }
      // The last of kube-proxy's rules is no draw: who comes there was drawn by no rule.
      expect(endpoints.size).toBeGreaterThanOrEqual(2)
    })
  })

  describe.each(['iptables', 'nftables'])('over IPv6, %s', mode => {
    const folder6 = 'examples/dual-stack'
    const config = join(folder, `dual-${mode}.yaml`)
    const text = readFileSync(`${folder6}/cluster.yaml`, 'utf8').trimEnd()
    writeFileSync(config, `${text}\n  kubeProxy: { mode: ${mode} }\n`)
    test.each([
      ['pod/client [fd00:10:96::80]:80', /^ok 100 bytes$/],
      ['node/worker-1 [fd00:10:96::80]:80', /^ok 100 bytes$/],
      ['pod/client external/2001:db8::77 --proto icmp --size 3000', /^timeout$/],
      ['pod/client external/2001:db8::77 --proto icmp --ttl 1', /^EHOSTUNREACH$/],
    ])('%s: the kernel agrees', async (question, client) => {
      const { stdout, stderr } = await runCli(
        `trace ${question} -f ${folder6}/manifests --config ${config} --kernel -o json`,
      )
      expect(stderr).toBe('')
      const { kernel } = JSON.parse(stdout)
      expect(kernel.differences).toEqual([])
      expect(kernel.client.kernel).toMatch(client)
    })
  })

  test('says in text what agreed, and what was left out', async () => {
    const { status, stdout } = await runCli(line('vxlan', 'pod/client svc/testweb:80'))
    expect(status).toBe(0)
    expect(stdout).toMatch(/^KERNEL {2}Linux \S+: agrees \(2 nodes, \d+ pods in network namespaces of their own\)$/m)
    expect(stdout).toMatch(/^ {2}client {5}ok 100 bytes$/m)
    expect(stdout).toMatch(/^ {2}drawn {6}worker-1 nat KUBE-SVC-\S+ \d: KUBE-SEP-\S+ \(pinned in both\)$/m)
  })

  test.each([
    ['userspace', 'pod/client svc/testweb:80', /kube-proxy in userspace mode is a program of its own/],
    ['vxlan', 'pod/client svc/testweb:80 -o mermaid', /--kernel is told as text or JSON/],
    ['vxlan', 'pod/client svc/testweb:80 --proto sctp', /SCTP/],
  ])('%s: %s is refused with one line', async (shape, question, message) => {
    const { status, stderr, stdout } = await runCli(line(shape, question))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('nothing is left when it is interrupted', async () => {
    const words = line('vxlan', 'pod/client 10.244.9.9:80').split(' ')
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], { stdio: 'ignore' })
    const exit = once(child, 'exit')
    const children = (): string[] =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean)
    const agents = (): string[] =>
      children().filter(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent.py'))
    for (let i = 0; i < 400 && agents().length === 0; i++) await sleep(50)
    const [agent = ''] = agents()
    expect(agent).not.toBe('')
    await sleep(300)
    child.kill('SIGINT')
    expect(await exit).toEqual([null, 'SIGINT'])
    // The namespaces have no names: they are gone with the process that holds them.
    for (let i = 0; i < 200 && existsSync(`/proc/${agent}`); i++) await sleep(50)
    expect(existsSync(`/proc/${agent}`)).toBe(false)
  })
})
