import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('that experiments leave nothing behind', ['ip', 'python3'])
const SCRIPT = new URL('../../src/cli/kernel/agent.py', import.meta.url).pathname

/** Network namespaces that some process is in or holds open, as `net:[4026532008]`. */
function held(): Set<string> {
  const found = new Set<string>()
  const look = (path: string): void => {
    try {
      const link = readlinkSync(path)
      if (link.startsWith('net:[')) found.add(link)
    } catch {
      // The process or the descriptor is gone.
    }
  }
  for (const pid of readdirSync('/proc').filter(name => /^[0-9]+$/.test(name))) {
    look(`/proc/${pid}/ns/net`)
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) look(`/proc/${pid}/fd/${fd}`)
    } catch {
      // As above.
    }
  }
  return found
}

/** A process that holds two namespaces with a link between them, and their identities. */
async function building(): Promise<{
  readonly agent: ReturnType<typeof spawn>
  readonly namespaces: readonly string[]
}> {
  const agent = spawn('/usr/bin/env', ['python3', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: agent.stdout })
  const call = async (command: object): Promise<{ readonly ok: Readonly<Record<string, string>> }> => {
    const answer = once(lines, 'line')
    agent.stdin.write(`${JSON.stringify(command)}\n`)
    return JSON.parse(String((await answer)[0]))
  }
  const { ok: paths } = await call({ cmd: 'create', names: ['a', 'b'] })
  const { a = '', b = '' } = paths
  const made = spawnSync('ip', ['link', 'add', 'x', 'netns', a, 'type', 'veth', 'peer', 'name', 'y', 'netns', b])
  expect(made.status).toBe(0)
  return { agent, namespaces: [a, b].map(path => readlinkSync(path)) }
}

describe.skipIf(!ready)('when experiments are over', () => {
  test.each([
    ['the harness closes the pipe, or is gone itself', (agent: ReturnType<typeof spawn>) => agent.stdin?.end()],
    ['the agent is killed', (agent: ReturnType<typeof spawn>) => agent.kill('SIGKILL')],
    ['the agent is interrupted', (agent: ReturnType<typeof spawn>) => agent.kill('SIGINT')],
  ])('no namespace is left: %s', async (_name, end) => {
    const { agent, namespaces } = await building()
    expect([...held()]).toEqual(expect.arrayContaining([...namespaces]))
    const ended = once(agent, 'exit')
    end(agent)
    await ended
    expect(existsSync(`/proc/${agent.pid}`)).toBe(false)
    expect(namespaces.filter(name => held().has(name))).toEqual([])
  })

  test('no namespace has a name', async () => {
    const names = (): string => spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
    const { agent } = await building()
    expect(names()).not.toMatch(/^(?:a|b)\b/m)
    agent.kill('SIGKILL')
    await once(agent, 'exit')
  })
})
