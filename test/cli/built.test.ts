import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FIXTURES } from './run-cli.ts'

const MAIN = 'dist/cli/main.js'
const built = existsSync(MAIN)
if (!built) console.warn('SKIPPED: the built command line is not tested; to enable: npm run build')

function kubehop(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', input })
  return { status, stdout, stderr }
}

describe.skipIf(!built)('the built command line', () => {
  it('is executable as it is', () => {
    expect(readFileSync(MAIN, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true)
  })

  it('answers yes with 0', () => {
    const { status, stdout, stderr } = kubehop(['trace', 'pod/client', 'svc/testweb:80', '-f', 'examples/testweb'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('DELIVERED to pod default/testweb-')
  })

  it('answers no with 1', () => {
    const { status, stdout } = kubehop(['trace', 'pod/client', 'svc/shop', '-f', 'examples/no-endpoints', '-q'])
    expect(status).toBe(1)
    expect(stdout).toContain('NO_ENDPOINTS')
  })

  it('refuses bad input with 2, in one line without a stack', () => {
    const { status, stdout, stderr } = kubehop(['trace', 'pod/client', 'svc/shpo', '-f', 'examples/no-endpoints', '-q'])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toBe('kubehop: there is no Service default/shpo; did you mean svc/shop? [KH_ENDPOINT]\n')
  })

  it('refuses rules that cannot be read with their place', () => {
    const rules = `worker-1=${FIXTURES}unreadable.rules`
    const { status, stderr } = kubehop(['trace', 'node/worker-1', 'node/worker-2', '--iptables-save', rules])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^kubehop: \S+unreadable\.rules:3:15: .* \[KH_IPTABLES\]\n$/)
  })

  it('reads manifests from standard input, as kubectl prints them', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'a' },
          spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'nginx' }] },
        },
      ],
    }
    const { status, stdout } = kubehop(['trace', 'node/worker-2', 'pod/a', '-f', '-', '-q'], JSON.stringify(list))
    expect([status, stdout.includes('DELIVERED to pod default/a')]).toEqual([0, true])
  })

  it('prints a capture to a pipe', () => {
    const result = spawnSync(process.execPath, [
      MAIN,
      'trace',
      'pod/client',
      'svc/testweb',
      '-f',
      'examples/testweb',
      '-o',
      'pcapng',
    ])
    expect(result.status).toBe(0)
    expect([...result.stdout.subarray(0, 4)]).toEqual([0x0a, 0x0d, 0x0d, 0x0a])
  })

  it('does not mind a reader that has seen enough', () => {
    const command = `${process.execPath} ${MAIN} trace pod/client svc/testweb -f examples/testweb -vv -o json | head -c 10`
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    expect([stdout.length, stderr]).toEqual([10, ''])
  })

  it('prints the same bytes every time', () => {
    const args = ['trace', 'pod/client', 'svc/testweb:80', '-f', 'examples/testweb', '-o', 'json', '--all']
    const first = kubehop(args)
    expect(first.status).toBe(0)
    expect(kubehop(args).stdout).toBe(first.stdout)
  })
})
