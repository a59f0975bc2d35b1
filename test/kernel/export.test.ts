import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('exported labs', ['ip', 'bridge', 'iptables-restore', 'python3'])
const folder = mkdtempSync(join(tmpdir(), 'kubehop-export-'))

function script(name: string, ...args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, name), args, { encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

/** Namespaces of a lab and programs in them. */
function left(lab: string): string[] {
  const names = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.split('\n')
  const processes = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.split('\n')
  return [
    ...names.filter(name => name.startsWith(lab)),
    // The last argument of a server is the lab.
    ...processes.filter(line => line.includes(lab) && !line.includes('vitest')),
  ]
}

afterAll(() => {
  if (ready) script('down.sh')
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!ready)('kubehop export', () => {
  test('the lab comes up, answers as the simulator said, and goes without a trace', async () => {
    const example = new URL('../../examples/testweb', import.meta.url).pathname
    expect(await run(['export', '--quiet', '--to', folder, '-f', example])).toBe(0)
    const up = script('up.sh')
    expect(up).toEqual({ status: 0, text: expect.stringContaining(' is up: ') })
    const lab = up.text.split(' ')[0] ?? ''
    expect(lab).toMatch(/^kh-lab-[0-9a-f]{6}$/)
    expect(script('up.sh')).toEqual({ status: 0, text: expect.stringContaining('is there already') })
    const asked = script('probe.sh')
    expect(asked.text.split('\n').filter(line => !/^$|as-expected/.test(line))).toEqual([])
    expect(asked.status).toBe(0)
    expect(asked.text.split('\n').length).toBeGreaterThan(10)
    expect(script('probe.sh', 'nobody', '10.0.0.1', '80').status).toBe(2)
    expect(script('down.sh').status).toBe(0)
    expect(left(lab)).toEqual([])
    expect(script('down.sh').status).toBe(0)
  })
})
