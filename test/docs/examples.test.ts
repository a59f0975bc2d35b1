import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Trace } from '../../src/trace/index.ts'
import { runCli } from '../cli/run-cli.ts'

/** Empty where there is none: then the example is told of below. */
function readme(example: string): string {
  const path = `examples/${example}/README.md`
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** Every command of every README under examples/, with the disposition that its comment begins with. */
const COMMANDS = readdirSync('examples').flatMap(example =>
  readme(example)
    .split('\n')
    .filter(line => line.startsWith('kubehop '))
    .map(line => ({
      example,
      line: line.replace(/^kubehop /, '').replace(/ *#.*/, ''),
      disposition: /# ([A-Z_]{4,})\b/.exec(line)?.[1],
    })),
)

describe('what the READMEs of the examples say is true', () => {
  it.each(COMMANDS)('$example: kubehop $line', async ({ line, disposition }) => {
    const { status, stdout } = await runCli(line)
    if (!line.startsWith('trace ')) {
      // Other questions have answers of their own; here they are only to have one.
      expect([status < 2, stdout.length > 0]).toEqual([true, true])
      return
    }
    const [, found] = /^TRACE .*\) {3}([A-Z_]+) /.exec(stdout) ?? []
    expect(found).toBe(disposition ?? 'DELIVERED')
    expect(status).toBe(found === 'DELIVERED' ? 0 : 1)
  })

  it('covers every example', () => {
    expect(new Set(COMMANDS.map(({ example }) => example))).toEqual(new Set(readdirSync('examples')))
    expect(COMMANDS.length).toBeGreaterThan(8)
  })

  const trace = async (line: string): Promise<Trace> =>
    JSON.parse((await runCli(`trace ${line} -q -o json`)).stdout) as Trace
  const changes = ({ hops }: Trace): string[] =>
    hops.flatMap(hop => hop.steps.filter(step => step.type === 'nat').map(step => step.changes[0]?.field ?? ''))

  it('hairpin: both addresses are translated', async () => {
    expect(changes(await trace('pod/echo svc/echo -f examples/hairpin'))).toEqual(['dst', 'src'])
  })

  it('nodeport-local: the backend sees the client’s own address', async () => {
    const result = await trace('external node/worker-2:30080 -f examples/nodeport-local')
    expect(changes(result)).toEqual(['dst'])
    expect(result.hops.at(-1)?.packetIn.src).toBe('203.0.113.10')
  })

  it('dual-stack: the tunnel is IPv6 too', async () => {
    const shape = '-f examples/dual-stack/manifests --config examples/dual-stack/cluster.yaml'
    const result = await trace(`pod/client [fd00:10:96::80]:80 ${shape}`)
    const encap = result.hops.flatMap(hop => hop.steps).find(step => step.type === 'encap')
    expect(encap?.detail).toMatchObject({ dev: 'flannel-v6.1', overhead: 70, mtu: 1430 })
  })

  it('no-endpoints: the reason names the Service and its line', async () => {
    const result = await trace('pod/client svc/shop -f examples/no-endpoints')
    expect(result.reason.object).toEqual({ kind: 'Service', namespace: 'default', name: 'shop' })
    expect(result.reason.because).toMatch(/\(examples\/no-endpoints\/shop\.yaml:\d+\)$/)
  })
})
