import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/cli/version.ts'
import { DEFAULT_CLUSTER, readConfig } from '../../src/cluster/index.ts'
import { ERRORS } from '../../src/errors.ts'
import { BY_REASON } from '../../src/probe/disposition.ts'
import { DISPOSITIONS } from '../../src/trace/index.ts'
import { runCli } from '../cli/run-cli.ts'

const read = (path: string): string => readFileSync(path, 'utf8')

/** Rows of the Markdown table under a heading, or of the first one; cells trimmed. */
function rows(text: string, heading?: string): string[][] {
  const from = heading === undefined ? 0 : text.indexOf(`\n${heading}\n`)
  const lines = text.slice(from).split('\n')
  const start = lines.findIndex(line => /^\|[ -|]+\|$/.test(line) && line.includes('---'))
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 1, end).map(line =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map(cell => cell.trim()),
  )
}

describe('pages that list what the code has', () => {
  it('errors.md: every error with its code, statuses and meaning', () => {
    const expected = Object.entries(ERRORS).map(([code, { exit, http, meaning }]) => [
      code,
      String(exit),
      String(http),
      meaning,
    ])
    expect(rows(read('docs/errors.md'))).toEqual(expected)
  })

  it('dispositions.md: every disposition', () => {
    const table = rows(read('docs/dispositions.md'))
    expect(table.map(([name]) => name)).toEqual([...DISPOSITIONS])
    expect(table.every(cells => cells.length === 4 && cells.every(cell => cell !== ''))).toBe(true)
  })

  it('dispositions.md: every drop reason and how it ends', () => {
    const table = rows(read('docs/dispositions.md'), '## Drop reasons')
    expect(table.map(([reason, disposition]) => [reason, disposition])).toEqual(Object.entries(BY_REASON))
  })

  it('config.md: the first example says the same as no file', () => {
    const [example = ''] = /```yaml\n(apiVersion[\s\S]*?)```/.exec(read('docs/config.md'))?.slice(1) ?? []
    expect(readConfig('docs/config.md', example)).toEqual(DEFAULT_CLUSTER)
  })

  it('config.md: the list of nodes can be read', () => {
    const [example = ''] = /```yaml\n(spec:[\s\S]*?)```/.exec(read('docs/config.md'))?.slice(1) ?? []
    const config = readConfig('docs/config.md', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\n${example}`)
    expect(config.nodes).toMatchObject([
      { name: 'edge-1', podCIDRs: ['10.244.7.0/24'], taints: [{ key: 'dedicated' }] },
    ])
  })

  it('cli.md: every command and flag', async () => {
    const page = read('docs/cli.md')
    for (const command of ['trace', 'show', 'bench', 'up']) {
      expect(page).toContain(`## kubehop ${command}`)
      const { stdout } = await runCli(`${command} --help`)
      const flags = [...stdout.matchAll(/^ {2}(?:-\w+, )?(--[a-z0-9-]+)/gm)].map(([, flag = '']) => flag)
      expect(flags.length).toBeGreaterThan(3)
      expect(flags.filter(flag => !page.includes(flag))).toEqual([])
    }
  })

  it('cli.md: its examples do what they should', async () => {
    const lines = read('docs/cli.md')
      .split('\n')
      .filter(line => line.startsWith('kubehop ') && !line.includes('bench'))
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect([line, (await runCli(line.slice('kubehop '.length))).status]).toEqual([line, 0])
  })

  it('trace.md: every step type that is recorded', () => {
    const types = rows(read('docs/trace.md'), '## Step types').flatMap(([cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, type]) => type),
    )
    const kinds = [...read('src/trace/recorder.ts').matchAll(/readonly kind: '(\w+)'/g)].map(([, kind]) => kind)
    expect(new Set(types)).toEqual(new Set(kinds))
  })

  it('architecture.md: every folder of src that has a floor', () => {
    const page = read('docs/architecture.md')
    for (const folder of [
      'wire',
      'trace',
      'netns',
      'controlplane',
      'cni',
      'kubeproxy',
      'cluster',
      'probe',
      'report',
      'api',
      'cli',
    ]) {
      expect(page).toContain(`\`src/${folder}\``)
    }
  })

  it('links lead somewhere', () => {
    for (const page of [
      'README.md',
      'CONTRIBUTING.md',
      'docs/architecture.md',
      'docs/cli.md',
      'docs/config.md',
      'docs/trace.md',
    ]) {
      const folder = page.includes('/') ? 'docs/' : ''
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
        const path = `${folder}${target}`
        expect(
          () => (path.includes('.') ? read(path) : readFileSync(`${path}/001-graphlib.md`)),
          `${page}: ${target}`,
        ).not.toThrow()
      }
    }
  })
})

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as { version: string; files: string[] }

  it('has the version that --version prints', async () => {
    expect(VERSION).toBe(manifest.version)
    expect((await runCli('--version')).stdout).toBe(`${manifest.version}\n`)
  })
})

describe('README.md', () => {
  it('shows what the demo really prints', async () => {
    const [excerpt = ''] = /```text\n\$ npm run demo\n([\s\S]*?)```/.exec(read('README.md'))?.slice(1) ?? []
    const { stdout } = await runCli('trace pod/client svc/testweb:80 -f examples/testweb --seed 1')
    const printed = new Set(stdout.split('\n'))
    const shown = excerpt
      .trimEnd()
      .split('\n')
      .filter(line => line !== '' && line.trim() !== '...')
    expect(shown.length).toBeGreaterThan(15)
    expect(shown.filter(line => !printed.has(line))).toEqual([])
  })
})
