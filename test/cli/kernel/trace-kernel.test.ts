import { afterEach, describe, expect, it, vi } from 'vitest'
import { type KernelReport, kernelText } from '../../../src/cli/kernel/index.ts'
import { runCli } from '../run-cli.ts'

const REPORT: KernelReport = {
  agreed: true,
  release: '6.18.44',
  nodes: ['worker-1'],
  pods: 2,
  client: { kernel: 'ok 100 bytes', simulated: 'ok 100 bytes' },
  compared: { exchanges: 1, frames: 40, devices: 1, rules: 12, conntrack: 1, neighbours: 3, fdb: 2 },
  pinned: [
    { namespace: 'worker-1', rule: 'nat KUBE-SVC-A 1', chosen: 'not KUBE-SEP-B' },
    { namespace: 'worker-1', rule: 'nat KUBE-SVC-A 2', chosen: 'KUBE-SEP-C' },
  ],
  differences: [],
  notCompared: ['times'],
}

describe('what the kernel did, as text', () => {
  it('names what was compared, and the draws that both took', () => {
    expect(kernelText(REPORT)).toBe(`KERNEL  Linux 6.18.44: agrees (1 node, 2 pods in network namespaces of their own)
  client     ok 100 bytes
  compared   40 frames at 1 device in order, 12 rule counters,
             1 conntrack entry, 3 neighbours, 2 FDB entries
  drawn      worker-1 nat KUBE-SVC-A 2: KUBE-SEP-C (pinned in both)
  left out   times
`)
  })

  it('is one line when it agrees and nobody wants more', () => {
    expect(kernelText(REPORT, true)).toBe('KERNEL  Linux 6.18.44: agrees\n')
  })

  it('shows the lines that only one side has, also when little is wanted', () => {
    const differences = [
      { what: 'step 0 frames worker-1 eth0', kernel: ['same', 'Out lost'], simulated: ['same', 'Out made up'] },
      { what: 'step 0 frames worker-1 cni0', kernel: ['a', 'b'], simulated: ['b', 'a'] },
    ]
    const text = kernelText({ ...REPORT, agreed: false, differences }, true)
    expect(text).toContain('KERNEL  Linux 6.18.44: differs in 2 places')
    expect(text).toContain('  step 0 frames worker-1 eth0\n    - Out lost\n    + Out made up\n')
    expect(text).toContain('  step 0 frames worker-1 cni0 (the order)\n    - a\n    - b\n    + b\n    + a\n')
  })

  it('lets no control character through', () => {
    expect(kernelText({ ...REPORT, client: { kernel: 'ok \u001b[31m', simulated: 'ok' } })).not.toContain('\u001b')
  })
})

describe('trace --kernel', () => {
  afterEach(() => vi.restoreAllMocks())
  const line = 'trace pod/client svc/testweb:80 -f examples/testweb --kernel'

  it('without root says so in one line, and does nothing', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    const { status, stdout, stderr } = await runCli(line)
    expect([status, stdout]).toEqual([2, ''])
    const problem = process.platform === 'linux' ? 'not root; run it with sudo' : 'this is not Linux'
    expect(stderr).toBe(`kubehop: --kernel: ${problem} [KH_KERNEL]\n`)
  })

  it.each([
    ['-o pcapng', '--kernel is told as text or JSON, not as pcapng'],
    ['-o xtables', '--kernel is told as text or JSON, not as xtables'],
  ])('with %s is refused', async (more, message) => {
    const { status, stderr } = await runCli(`${line} ${more}`)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })
})
