import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const EXAMPLE = ['-f', 'examples/testweb', '-q']
const folder = mkdtempSync(join(tmpdir(), 'kubehop-rules-'))
afterAll(() => rmSync(folder, { recursive: true }))

const late = join(folder, 'late.yaml')
writeFileSync(
  late,
  `apiVersion: v1
kind: Service
metadata: { name: late, namespace: default }
spec: { clusterIP: 10.96.3.3, ports: [{ port: 80 }], selector: { app: nobody } }
`,
)

describe('kubehop show NODE --proxy-mode', () => {
  test('IPVS: virtual servers, sets and the rules that use them', async () => {
    const ipvs = await runCli('', 'show', 'node/worker-1', 'ipvs', '--proxy-mode', 'ipvs', ...EXAMPLE)
    expect(ipvs.status).toBe(0)
    expect(ipvs.stdout).toMatch(
      /^-A -t 10\.96\.0\.1:443 -s rr\n-a -t 10\.96\.0\.1:443 -r 192\.168\.0\.10:6443 -m -w 1\n/,
    )
    const sets = await runCli('', 'show', 'node/worker-1', 'ipset', '--proxy-mode', 'ipvs', ...EXAMPLE)
    expect(sets.stdout).toContain('add KUBE-CLUSTER-IP 10.96.0.1,tcp:443\n')
  })
  test('the old iptables rules', async () => {
    const old = await runCli('', 'show', 'node/worker-1', 'iptables', '--proxy-mode', 'legacy', ...EXAMPLE)
    expect(old.stdout).toContain(':KUBE-MARK-DROP - [0:0]')
  })
  test('in iptables mode there are no virtual servers', async () => {
    expect((await runCli('', 'show', 'node/worker-1', 'ipvs', ...EXAMPLE)).stdout).toBe('')
  })
})

describe('kubehop rules diff', () => {
  test('nodes with the same view have the same rules', async () => {
    expect(await runCli('', 'rules', 'diff', 'worker-1', 'worker-2', ...EXAMPLE)).toMatchObject({
      status: 0,
      stdout: '',
    })
  })
  test('what a new Service without endpoints changes', async () => {
    const diff = await runCli('', 'rules', 'diff', 'worker-1', '--with', late, ...EXAMPLE)
    expect(diff).toMatchObject({
      status: 1,
      stdout:
        '+ iptables -t filter -A KUBE-SERVICES -m comment --comment "default/late has no endpoints" -m tcp -p tcp -d 10.96.3.3 --dport 80 -j REJECT\n',
    })
  })
  test('between modes, as JSON', async () => {
    const diff = await runCli('', 'rules', 'diff', 'worker-1', '--to-mode', 'ipvs', '-o', 'json', ...EXAMPLE)
    expect(diff.status).toBe(1)
    expect(JSON.parse(diff.stdout)).toContainEqual({ sign: '+', line: 'ipvsadm -A -t 10.96.0.1:443 -s rr' })
  })
  test('what kube-proxy hands over for the change: elements alone in nftables mode, the shared chains in iptables mode', async () => {
    const sync = (mode: string, ...more: string[]) =>
      runCli('', 'rules', 'diff', 'worker-1', '--sync', '--with', late, '--proxy-mode', mode, ...more, ...EXAMPLE)
    expect(await sync('nftables')).toMatchObject({
      status: 1,
      stdout: `# nft -f -: default/late
add element ip kube-proxy cluster-ips { 10.96.3.3 }
add element ip kube-proxy no-endpoint-services { 10.96.3.3 . tcp . 80 comment "default/late" : goto reject-chain }
`,
    })
    const iptables = (await sync('iptables')).stdout
    expect(iptables).toMatch(/^# iptables-restore --noflush --counters: default\/late\n\*filter\n:KUBE-SERVICES - /)
    expect(iptables).not.toContain(':KUBE-SVC-')
    expect(JSON.parse((await sync('nftables', '-o', 'json')).stdout)).toMatchObject([
      { program: 'nft', after: 0, changed: ['default/late'] },
    ])
    expect(await sync('ipvs')).toMatchObject({ status: 2, stderr: expect.stringContaining('[KH_USAGE]') })
    expect(await sync('nftables', '--to-mode', 'ipvs')).toMatchObject({ status: 2 })
  })
  test('what goes out of use is deleted by a later transaction', async () => {
    const gone = join(folder, 'gone.yaml')
    writeFileSync(gone, (await readFile('examples/testweb/web.yaml', 'utf8')).replace(/replicas: 3/, 'replicas: 2'))
    const args = ['--sync', '--with', gone, '--proxy-mode', 'nftables']
    const { stdout } = await runCli('', 'rules', 'diff', 'worker-1', ...args, ...EXAMPLE)
    expect(stdout).toMatch(
      /flush chain ip kube-proxy (endpoint-\S+)\n[^#]*# nft -f -, 30 s later\ndelete chain ip kube-proxy \1\n$/,
    )
  })
  test('a node that is not there', async () => {
    expect((await runCli('', 'rules', 'diff', 'worker-9', ...EXAMPLE)).status).toBe(2)
  })
})

describe('kubehop rules explain', () => {
  test('shares on a node', async () => {
    const told = await runCli('', 'rules', 'explain', 'testweb', '--node', 'worker-1', ...EXAMPLE)
    expect(told.stdout).toMatch(
      /cluster IP: 10\.244\.\d+\.\d+:80 1\/3, 10\.244\.\d+\.\d+:80 1\/3, 10\.244\.\d+\.\d+:80 1\/3\n/,
    )
  })
  test('rules with their meaning', async () => {
    const told = await runCli('', 'rules', 'explain', 'testweb', '--node', 'worker-1', '-f', 'examples/testweb')
    expect(told.stdout).toMatch(
      /-A KUBE-SEP-\S+ .* -j DNAT --to-destination (\S+)\n {6}TCP is remembered for affinity and is sent to \1\n/,
    )
    expect(told.stdout).toContain('      in 1/3 of the cases left goes on in KUBE-SEP-')
  })
  test('JSON has every node', async () => {
    const told = await runCli('', 'rules', 'explain', 'testweb', '-o', 'json', ...EXAMPLE)
    expect(JSON.parse(told.stdout).nodes).toHaveLength(4)
  })
  test('what is no Service', async () => {
    expect((await runCli('', 'rules', 'explain', 'nobody', ...EXAMPLE)).status).toBe(2)
  })
})
