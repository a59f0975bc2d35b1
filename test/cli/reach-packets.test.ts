import { describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const FILES = '-f examples/calico/manifests --from namespace/shop --to namespace/shop --no-external'

describe('reach --through packets', () => {
  it('exits 0 when every packet ends as policies say', async () => {
    const { status, stdout } = await runCli(`reach --through packets --cni calico ${FILES}`)
    expect(stdout).toBe('packets through calico: 6 sent, 6 ended as policies say, 0 did not\n')
    expect(status).toBe(0)
  })

  it('exits 1 when one does not, and says which and why', async () => {
    const { status, stdout } = await runCli(`reach --through packets ${FILES} --port 80`)
    expect(stdout).toContain('unenforced: flannel enforces no policies\n')
    expect(stdout).toContain('  shop/db -> shop/web TCP 80: policies denied, packets allowed\n')
    expect(status).toBe(1)
  })

  it('as JSON, of a sample', async () => {
    const { stdout } = await runCli(`reach --through packets --cni canal ${FILES} --sample 3 -o json`)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'kubehop.dev/reach-packets/v1',
      cni: 'canal',
      questions: 3,
      differences: [],
    })
  })
})

describe('reach --profiles', () => {
  it('shows what network plugins answer differently, and exits 1', async () => {
    const { status, stdout } = await runCli(`reach --profiles calico,canal,flannel ${FILES}`)
    expect(stdout).toMatch(/^6 questions asked on each of calico, canal, flannel: 5 are answered differently\n/)
    expect(stdout).toMatch(/^shop\/db +shop\/web +TCP 80 +denied +denied +denied +allowed$/m)
    expect(status).toBe(1)
  })

  it('exits 0 when they all agree', async () => {
    const { status, stdout } = await runCli(`reach --profiles calico,canal ${FILES} -o json`)
    expect(JSON.parse(stdout)).toMatchObject({ profiles: ['calico', 'canal'], questions: 6, cells: [] })
    expect(status).toBe(0)
  })
})

it.each([
  ['--profiles calico', /at least two/],
  ['--profiles calico,canel', /"canel" is no network plugin; did you mean canal\?/],
  ['--through packets -o svg', /-o svg is for the matrix of policies/],
  ['--through packets --expect x.yaml', /--expect asks policies, not packets/],
])('%s is refused', async (flags, message) => {
  const { status, stderr } = await runCli(`reach ${flags} ${FILES}`)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
})
