import { describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const FILES = '-f examples/testweb'

describe('kubehop resolve', () => {
  test('says what was asked, what came of it, and how much left the cluster', async () => {
    const { status, stdout } = await runCli(`resolve www.example.com --from pod/client ${FILES}`)
    expect(status).toBe(1)
    expect(stdout).toContain('search default.svc.cluster.local svc.cluster.local cluster.local')
    expect(stdout).toMatch(/ 1\. www\.example\.com\.default\.svc\.cluster\.local\. +A +-> 10\.96\.0\.10 +NXDOMAIN/)
    expect(stdout).toContain('DNS_NXDOMAIN: NXDOMAIN')
    expect(stdout).toContain('8 queries, 2 of them left the cluster')
    expect(stdout).toContain('leaked: www.example.com. -> 192.0.2.53')
  })

  test('as JSON has a trace for every query', async () => {
    const { status, stdout } = await runCli(`resolve testweb --from pod/client -o json ${FILES}`)
    const resolution = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(resolution.schema).toBe('kubehop.dev/resolve/v1')
    expect(resolution.queries.map((query: { trace: { disposition: string } }) => query.trace.disposition)).toEqual([
      'DELIVERED',
      'DELIVERED',
    ])
  })

  test.each([
    ['a..b', /has an empty label.* \[KH_DNS\]$/],
    ['web --type NOSUCH', /"NOSUCH" is no record type \[KH_USAGE\]$/],
    ['web --resolver bind', /"bind" is no resolver; there are glibc, .* \[KH_USAGE\]$/],
    ['web --from pod/nobody', /there is no pod default\/nobody \[KH_ENDPOINT\]$/],
  ])('%s is refused', async (words, message) => {
    const { status, stderr } = await runCli(`resolve --from pod/client ${words} -q ${FILES}`)
    expect(status).toBe(2)
    expect(stderr.trim()).toMatch(message)
  })
})

test('a trace to a DNS name begins with its lookups', async () => {
  const { status, stdout } = await runCli(`trace pod/client testweb:80 --no-color ${FILES}`)
  expect(status).toBe(0)
  expect(stdout.indexOf('testweb.default.svc.cluster.local. AAAA')).toBeGreaterThan(0)
  expect(stdout.indexOf('TRACE')).toBeGreaterThan(stdout.indexOf('DELIVERED: testweb.default.svc.cluster.local.'))
  expect((await runCli(`trace pod/client nothere:80 ${FILES} --expect DNS_NXDOMAIN`)).status).toBe(0)
})

test('kubehop show prints the files that a pod has', async () => {
  expect((await runCli(`show client resolv.conf -q ${FILES}`)).stdout).toBe(
    'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
  )
  expect((await runCli(`show client hosts -q ${FILES}`)).stdout).toMatch(
    /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n[\s\S]*\n10\.244\.\d+\.\d+\tclient\n$/,
  )
})

test('a Corefile that CoreDNS would refuse is refused in its words', async () => {
  const { status, stderr } = await runCli(
    `resolve testweb --from pod/client -q ${FILES} --config FIXTURES/bad-corefile.yaml`,
  )
  expect([status, stderr.trim()]).toEqual([
    2,
    "kubehop: Corefile:2 - Error during parsing: Unknown directive 'nosuchplugin' [KH_COREFILE]",
  ])
})
