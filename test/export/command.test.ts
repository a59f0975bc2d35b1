import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../src/cli/run.ts'

const EXAMPLE = new URL('../../examples/testweb', import.meta.url).pathname

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubehop-export-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  vi.restoreAllMocks()
})

const exported = (...args: readonly string[]): Promise<number> =>
  run(['export', '--quiet', '--to', folder, '-f', EXAMPLE, ...args])
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')

describe('kubehop export', () => {
  it('writes scripts that can be run, and a folder for each namespace', async () => {
    expect(await exported()).toBe(0)
    for (const script of ['up.sh', 'down.sh', 'probe.sh'])
      expect(statSync(join(folder, script)).mode & 0o111).toBe(0o111)
    const folders = readdirSync(join(folder, 'namespaces.d'))
    expect(folders).toEqual(
      expect.arrayContaining(['control-plane', 'default.client', 'external', 'router', 'worker-1']),
    )
    expect(read('probes').split('\n').length).toBeGreaterThan(10)
  })

  it('writes the same bytes again, over an earlier export', async () => {
    await exported()
    const before = read('README.md') + read('up.sh') + read('links.batch')
    writeFileSync(join(folder, 'namespaces.d', 'left-over'), '')
    expect(await exported()).toBe(0)
    expect(read('README.md') + read('up.sh') + read('links.batch')).toBe(before)
    expect(existsSync(join(folder, 'namespaces.d', 'left-over'))).toBe(false)
  })

  it('a part: pods bring their nodes, and what leads out of the part is not asked', async () => {
    expect(await exported('--pods', 'client')).toBe(0)
    const folders = readdirSync(join(folder, 'namespaces.d')).filter(name => !/^(?:segment|external|router)/.test(name))
    expect(folders).toEqual(['default.client', 'worker-1'])
    expect(read('links.batch')).not.toContain('testweb')
    expect(read('probes')).not.toContain(' 80 tcp')
    expect(read('probes')).toContain('default.client 203.0.113.10 0 icmp ok')
  })

  it('nodes bring their pods', async () => {
    expect(await exported('--nodes', 'worker-1,worker-2')).toBe(0)
    const folders = readdirSync(join(folder, 'namespaces.d'))
    expect(folders.filter(name => name.startsWith('default.testweb'))).toHaveLength(2)
    expect(folders).not.toContain('worker-3')
  })

  it.each([
    [['--nodes', 'worker-7'], /there is no node "worker-7"/],
    [['--pods', 'cleint'], /there is no pod "default\/cleint"; did you mean default\/client\?/],
  ])('%j is refused', async (args, message) => {
    const written: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation(text => written.push(String(text)) > 0)
    expect(await exported(...args)).toBe(2)
    expect(written.join('')).toMatch(message)
  })

  it('asks the other family of a Service by its address', async () => {
    const dual = new URL('../../examples/dual-stack', import.meta.url).pathname
    const args = ['-f', join(dual, 'manifests'), '--config', join(dual, 'cluster.yaml')]
    expect(await run(['export', '--quiet', '--to', folder, ...args])).toBe(0)
    expect(read('probes')).toMatch(/^default\.client fd00:\S+ 80 tcp ok$/m)
  })

  it('refuses a cluster whose kube-proxy would have to be a program', async () => {
    const written: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation(text => written.push(String(text)) > 0)
    const config = join(folder, 'userspace.yaml')
    const head = 'apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: lab }'
    writeFileSync(config, `${head}\nspec: { kubeProxy: { mode: userspace } }\n`)
    expect(await exported('--config', config)).toBe(2)
    expect(written.join('')).toMatch(/userspace mode is a program of its own/)
  })

  it('a folder with something else in it is left alone', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    writeFileSync(join(folder, 'thesis.txt'), 'mine')
    expect(await exported()).toBe(2)
    expect(readdirSync(folder)).toEqual(['thesis.txt'])
  })
})
