import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('exported labs', ['ip', 'bridge', 'iptables-restore', 'python3'])
const folder = mkdtempSync(join(tmpdir(), 'kubehop-export-'))

function scriptIn(
  lab: string,
  name: string,
  args: readonly string[] = [],
  path = process.env.PATH,
): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(join(lab, name), args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  return { status, text: `${stdout}${stderr}` }
}

const DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
const find = (program: string): string | undefined =>
  DIRECTORIES.map(directory => `${directory}/${program}`).find(existsSync)

/** What up.sh runs, but for what answers in the pods. */
const USUAL =
  'sh dirname cat cut grep wc sleep tr id uname ip bridge iptables-restore ip6tables-restore nft ipset modprobe'.split(
    ' ',
  )

/** A folder that has these programs only: the PATH of a machine without the others. */
function pathWith(programs: readonly string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'kubehop-path-'))
  for (const program of [...USUAL, ...programs]) {
    const file = find(program)
    if (file !== undefined) symlinkSync(file, join(path, program))
  }
  made.push(path)
  return path
}

const made: string[] = []

/** An export of its own: removed, and the lab with it, when all is done. */
async function labOf(name: string, ...args: readonly string[]): Promise<string> {
  const lab = join(folder, 'labs', name)
  mkdirSync(lab, { recursive: true })
  labs.push(lab)
  expect(await run(['export', '--quiet', '--to', lab, ...args])).toBe(0)
  return lab
}

const labs: string[] = []
const example = (path: string): string => new URL(`../../examples/${path}`, import.meta.url).pathname

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
  if (ready) for (const lab of labs) scriptIn(lab, 'down.sh')
  for (const path of [folder, ...made]) rmSync(path, { recursive: true, force: true })
})

describe.skipIf(!ready)('kubehop export', () => {
  test('the lab comes up, answers as the simulator said, and goes without a trace', async () => {
    const lab0 = await labOf('python3', '-f', example('testweb'))
    const script = (name: string, ...args: readonly string[]) => scriptIn(lab0, name, args)
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

  test.each([
    ['socat', 'nftables', ['-f', example('testweb')], 'kubeProxy: { mode: nftables }'],
    ['ncat', 'both families', ['-f', example('dual-stack/manifests')], undefined],
  ])('%s answers where there is no python3 (%s)', async (program, _name, args, spec) => {
    if (find(program) === undefined) {
      console.warn(`SKIPPED: ${program} as the server of a lab: no ${program}; run: apt-get install ${program}`)
      return
    }
    const config = join(folder, `${program}.yaml`)
    const text = `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${program} }\nspec: { ${spec} }\n`
    if (spec !== undefined) writeFileSync(config, text)
    const shape = spec === undefined ? example('dual-stack/cluster.yaml') : config
    const lab = await labOf(program, ...args, '--config', shape)
    const up = scriptIn(lab, 'up.sh', [], pathWith([program]))
    expect(up).toEqual({ status: 0, text: expect.stringContaining(' is up: ') })
    const asked = scriptIn(lab, 'probe.sh')
    expect(asked.text.split('\n').filter(line => !/^$|as-expected/.test(line))).toEqual([])
    expect(asked.status).toBe(0)
    // An echo gives back what was asked.
    expect(asked.text).toMatch(/tcp: ok hello \(as-expected\)/)
    expect(asked.text).toMatch(/udp: ok hello \(as-expected\)/)
    expect(scriptIn(lab, 'down.sh').status).toBe(0)
    expect(left(up.text.split(' ')[0] ?? '?')).toEqual([])
  })

  test('says that nothing listens where nothing can', async () => {
    const lab = await labOf('nothing', '-f', example('testweb'), '--pods', 'client')
    const up = scriptIn(lab, 'up.sh', [], pathWith([]))
    expect(up.status).toBe(0)
    expect(up.text).toContain('no python3, socat or ncat: nothing listens in worker-1')
    expect(scriptIn(lab, 'down.sh').status).toBe(0)
  })

  test('says what is missing before it builds anything', async () => {
    const lab = await labOf('lacking', '-f', example('testweb'))
    const bare = pathWith([])
    rmSync(join(bare, 'bridge'))
    // up.sh itself adds the folders of the superuser.
    if (!existsSync('/sbin/bridge'))
      expect(scriptIn(lab, 'up.sh', [], bare).text).toMatch(/^up\.sh: no bridge; on Debian/)
    const config = join(folder, 'ipvs.yaml')
    const head = 'apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ipvs }'
    writeFileSync(config, `${head}\nspec: { kubeProxy: { mode: ipvs } }\n`)
    const ipvs = await labOf('ipvs', '-f', example('testweb'), '--config', config)
    const up = scriptIn(ipvs, 'up.sh')
    if (up.status !== 0) {
      expect(up.text).toMatch(
        /^up\.sh: (?:no ipvsadm; on Debian|this kernel has not all that the lab needs:[\s\S]*no IPVS)/,
      )
      expect(left('kh-ipvs-')).toEqual([])
    }
    scriptIn(ipvs, 'down.sh')
  })

  test.each([
    ['SIGTERM', 400],
    ['SIGTERM', 1500],
    ['SIGKILL', 1500],
    ['SIGINT', 2500],
  ] as const)(
    'interrupted by %s after %i ms, nothing is left after down.sh, and it comes up again',
    async (signal, ms) => {
      const lab = await labOf('interrupted', '-f', example('testweb'), '--pods', 'client')
      const child = spawn(join(lab, 'up.sh'), { stdio: 'ignore', detached: true })
      const exit = once(child, 'exit')
      await new Promise(resolve => setTimeout(resolve, ms))
      // All that it has started, as Ctrl-C does.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal)
      await exit
      expect(scriptIn(lab, 'down.sh').status).toBe(0)
      const up = scriptIn(lab, 'up.sh')
      expect(up).toEqual({ status: 0, text: expect.stringContaining(' is up: ') })
      expect(scriptIn(lab, 'down.sh').status).toBe(0)
      expect(left(up.text.split(' ')[0] ?? '?')).toEqual([])
    },
  )
})
