import { expect, test } from 'vitest'
import { runCli } from '../cli/run-cli.ts'

const ask = (...more: string[]) =>
  runCli('', 'trace', 'pod/client', 'svc/testweb:80', '-f', 'examples/testweb', '--no-color', ...more)

/** The part of a line that does not depend on names of generated pods. */
const lines = (text: string, about: RegExp): string[] =>
  text
    .split('\n')
    .filter(line => about.test(line))
    .map(line => line.trim().replace(/-[A-Z2-7]{8}-/g, '-#-'))

test('nftables: the element of a map that matched, and the draw from a map with the share of what was drawn', async () => {
  const { stdout } = await ask('--config', 'test/report/fixtures/nftables.yaml')
  expect(lines(stdout, /services \d|numgen|masquerading \d|decides/)).toEqual([
    'prerouting  ip kube-proxy firewall-check: nothing there decides',
    '`- services 1  ip daddr . meta l4proto . th dport vmap @service-ips  ([ok] 10.99.82.146 . tcp . 80 : goto service-#-default/testweb/tcp/)',
    '`- service-#-default/testweb/tcp/ 5  numgen random mod 3 vmap { ... }  ([ok] 0 : goto endpoint-#-default/testweb/tcp/__10.244.1.3/80, drawn: share 33.3%)',
    'forward     ip kube-proxy service-endpoints-check, cluster-ips-check: nothing there decides',
    '`- masquerading 1  meta mark & 0x00004000 == 0x00000000 return  (mark 0x4000 is clear: no masquerading)',
  ])
})

test('the element stands in the JSON of the rule', async () => {
  const { stdout } = await ask('--config', 'test/report/fixtures/nftables.yaml', '-o', 'json')
  const { hops } = JSON.parse(stdout) as { hops: { steps: { detail: Record<string, unknown> }[] }[] }
  const elements = hops.flatMap(({ steps }) => steps.flatMap(({ detail }) => detail.element ?? []))
  expect(elements).toEqual([
    expect.stringMatching(/^10\.99\.82\.146 \. tcp \. 80 : goto service-/),
    expect.stringMatching(/^[012] : goto endpoint-/),
  ])
})

test('a client with affinity: the set in which it is remembered', async () => {
  const { stdout } = await ask('--config', 'test/report/fixtures/nftables.yaml', '--count', '2')
  expect(lines(stdout, /ip saddr @affinity/)).toEqual([
    expect.stringMatching(/ip saddr @affinity-#-(\S+) goto endpoint-#-\1 {2}\(\[ok\] 10\.244\.1\.2\)$/),
  ])
})
