import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeShell } from '../netns/route/shell.ts'

const NAMESPACE = 'kh-route-test'
const PEER = 'kh-route-test-p'
const DEVICES = ['d0', 'd1', 'd2'] as const
const RUNS = Number(process.env.KUBEHOP_KERNEL_RUNS ?? 15)
const SEED = Number(process.env.KUBEHOP_KERNEL_SEED ?? 1)

const ready = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0
if (!ready) {
  console.warn(
    'SKIPPED: routes against the kernel. To run: sudo npx vitest run --project kernel test/kernel/route.test.ts (needs iproute2)',
  )
}

/** `ip -force -batch`: what each line printed, errors included. */
function batch(lines: readonly string[], flags: readonly string[] = []): string[] {
  const { stdout, stderr } = spawnSync('ip', ['-n', NAMESPACE, ...flags, '-force', '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const failed = new Map<number, string>()
  let message = ''
  for (const line of stderr.split('\n')) {
    const end = /^Command failed -:([0-9]+)/.exec(line)
    if (end === null) message += `${line}\n`
    else {
      failed.set(Number(end[1]), message.trim())
      message = ''
    }
  }
  // IPv4 answers have two lines, the second beginning with blanks.
  const answers = stdout.match(/^\S.*\n(?:\s.*\n)*/gm) ?? []
  return lines.map(
    (line, index) => failed.get(index + 1) ?? (line.startsWith('route get') ? (answers.shift() ?? '') : ''),
  )
}

function setUp(): void {
  tearDown()
  spawnSync('sh', [
    '-ec',
    [
      `ip netns add ${NAMESPACE}; ip netns add ${PEER}`,
      `ip netns exec ${NAMESPACE} sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.all.forwarding=1`,
      `ip -n ${NAMESPACE} link set lo up`,
      ...DEVICES.map(
        (dev, i) =>
          `ip -n ${NAMESPACE} link add ${dev} address 02:00:00:00:00:0${i + 1} type veth peer name p${dev} netns ${PEER}; ` +
          `ip -n ${PEER} link set p${dev} up; ip -n ${NAMESPACE} link set ${dev} up`,
      ),
      // Carrier is noticed a little later, and IPv6 begins then.
      'sleep 1.3',
    ].join('\n'),
  ])
}

function tearDown(): void {
  for (const name of [NAMESPACE, PEER]) spawnSync('ip', ['netns', 'del', name])
}

const octet = fc.constantFrom(0, 1, 2, 5, 128, 255)
const addr4 = fc.tuple(fc.constantFrom('10.0', '10.1', '10.244', '192.168'), octet, octet).map(parts => parts.join('.'))
const anywhere4 = fc.oneof(
  { weight: 8, arbitrary: addr4 },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '8.8.8.8',
      '127.0.0.1',
      '127.1.2.3',
      '0.0.0.0',
      '0.0.0.7',
      '224.0.0.1',
      '239.1.1.1',
      '255.255.255.255',
      '240.0.0.1',
    ),
  },
)
const addr6 = fc
  .tuple(fc.constantFrom('fd00', 'fd01', '2001:db8'), fc.constantFrom('0', '1', 'ffff'), fc.constantFrom('1', '2', '5'))
  .map(([net, sub, host]) => `${net}:${sub}::${host}`)
const anywhere6 = fc.oneof(
  { weight: 8, arbitrary: addr6 },
  {
    weight: 1,
    arbitrary: fc.constantFrom('2600::1', '::1', 'fe80::7', 'fe80::ff:fe00:1', '2002:a00:1::1', 'fec0::1', 'fc00::1'),
  },
)
const device = fc.constantFrom(...DEVICES)
const net4 = fc
  .tuple(addr4, fc.constantFrom(8, 16, 20, 24, 25, 31, 32))
  .map(([addr, length]) => `${network4(addr, length)}/${length}`)
const net6 = fc.tuple(addr6, fc.constantFrom(16, 32, 48, 64, 128)).map(([addr, length]) => `${addr}/${length}`)

function network4(addr: string, length: number): string {
  const value = addr.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const masked = Math.floor(value / 2 ** (32 - length)) * 2 ** (32 - length)
  return [24, 16, 8, 0].map(shift => Math.floor(masked / 2 ** shift) % 256).join('.')
}

const optional = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), text)
const join = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map(words => words.filter(word => word !== '').join(' '))

function routes(net: fc.Arbitrary<string>, addr: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const dst = fc.oneof({ weight: 6, arbitrary: net }, { weight: 1, arbitrary: fc.constant('default') })
  const metric = optional(fc.constantFrom('metric 5', 'metric 50'))
  const table = optional(fc.constantFrom('table 100', 'table 101'))
  const via = addr.map(gateway => `via ${gateway}`)
  const dev = device.map(name => `dev ${name}`)
  return fc.oneof(
    { weight: 4, arbitrary: join(dst, dev, metric, table) },
    { weight: 4, arbitrary: join(dst, via, optional(dev), metric, table) },
    { weight: 2, arbitrary: join(dst, via, dev, fc.constant('onlink'), table) },
    {
      weight: 2,
      arbitrary: join(
        dst,
        dev,
        addr.map(src => `src ${src}`),
        metric,
      ),
    },
    {
      weight: 2,
      arbitrary: join(fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'throw'), dst, metric, table),
    },
  )
}

function rules(net: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return join(
    fc.constantFrom('', '', 'not'),
    optional(net.map(from => `from ${from}`)),
    optional(net.map(to => `to ${to}`)),
    optional(device.map(name => `iif ${name}`)),
    optional(fc.constantFrom('fwmark 0x1/0x1', 'fwmark 0x2')),
    fc.constantFrom(
      'lookup 100',
      'lookup 101',
      'lookup main',
      'unreachable',
      'prohibit',
      'blackhole',
      'lookup main suppress_prefixlength 0',
    ),
    fc.integer({ min: 10, max: 30 }).map(priority => `priority ${priority}`),
  )
}

interface World {
  readonly commands: readonly string[]
  readonly queries: readonly string[]
}

function worlds(family: 4 | 6): fc.Arbitrary<World> {
  const [net, addr, anywhere] = family === 4 ? [net4, addr4, anywhere4] : [net6, addr6, anywhere6]
  const addresses = fc.tuple(addr, fc.constantFrom(...(family === 4 ? [16, 24, 31, 32] : [48, 64, 128])), device)
  const conf = join(
    fc.constantFrom('rp_filter', 'accept_local', 'route_localnet', 'send_redirects', 'forwarding'),
    device,
    fc.constantFrom('0', '1', '1', '2'),
  )
  const setting = (text: string): string => {
    const [key = '', dev = '', value = ''] = text.split(' ')
    return `sysctl -qw net.ipv4.conf.${dev}.${key}=${key !== 'rp_filter' && value === '2' ? '1' : value}`
  }
  const mark = optional(fc.constantFrom('mark 1', 'mark 2', 'mark 3'))
  return fc.record({
    commands: fc
      .tuple(
        family === 4 ? fc.array(conf.map(setting), { maxLength: 6 }) : fc.constant([]),
        fc.array(
          addresses.map(([a, n, dev]) => `ip addr add ${a}/${n} dev ${dev}`),
          { minLength: 2, maxLength: 6 },
        ),
        fc.array(
          routes(net, addr).map(route => `ip -${family} route add ${route}`),
          { maxLength: 25 },
        ),
        fc.array(
          rules(net).map(rule => `ip -${family} rule add ${rule}`),
          { maxLength: 4 },
        ),
      )
      .map(lists => lists.flat()),
    queries: fc.array(
      fc.oneof(
        join(anywhere, mark),
        // To 0.0.0.0 by a device the kernel names a source that no packet ever shows.
        join(
          anywhere.filter(addr => addr !== '0.0.0.0'),
          device.map(oif => `oif ${oif}`),
          mark,
        ),
        family === 4
          ? join(
              anywhere,
              anywhere.map(from => `from ${from}`),
              mark,
            )
          : join(
              addr,
              addr.map(from => `from ${from}`),
              mark,
            ),
        join(
          // ::1 from outside is dropped before any routing (ipv6_rcv).
          anywhere.filter(addr => addr !== '::1'),
          (family === 4 ? anywhere : addr).map(from => `from ${from}`),
          device.map(iif => `iif ${iif}`),
          mark,
        ),
      ),
      { minLength: 100, maxLength: 150 },
    ),
  })
}

/** The same refusal, or the same text. */
function comparable(answer: string): string {
  return answer.replace(/^(?:Error: |RTNETLINK answers: )/, '').trim()
}

describe.skipIf(!ready)('routes, rules and addresses, against the kernel', () => {
  beforeAll(setUp)
  afterAll(tearDown)

  test.each([4, 6] as const)('random IPv%i tables answer `ip route get` as the kernel does', family => {
    let questions = 0
    let run = 0
    for (const { commands, queries } of fc.sample(worlds(family), { numRuns: RUNS, seed: SEED })) {
      run++
      setUp()
      const shell = new FakeShell()
      shell.run('sysctl -qw net.ipv6.conf.all.forwarding=1')
      shell.run('ip link set lo up')
      DEVICES.forEach((dev, i) => {
        shell.run(`veth ${dev} 02:00:00:00:00:0${i + 1}`)
        shell.run(`ip link set ${dev} up`)
      })
      const done: string[] = []
      for (const command of commands) {
        const [program = '', ...args] = command.split(' ')
        const real =
          program === 'ip'
            ? spawnSync('ip', ['-n', NAMESPACE, ...args])
            : spawnSync('ip', ['netns', 'exec', NAMESPACE, program, ...args])
        const ours = shell.run(command)
        done.push(command)
        expect(ours === '' ? 'taken' : 'refused', `run ${run}: ${done.join('\n')}\n${real.stderr}${ours}`).toBe(
          real.status === 0 ? 'taken' : 'refused',
        )
      }
      const answers = batch(
        queries.map(query => `route get ${query}`),
        [`-${family}`],
      )
      queries.forEach((query, index) => {
        questions++
        const ours = shell.run(`ip -${family} route get ${query}`)
        expect(comparable(ours), `run ${run}: ${done.join('\n')}\nip route get ${query}`).toBe(
          comparable(answers[index] ?? ''),
        )
      })
    }
    expect(questions).toBeGreaterThanOrEqual(RUNS * 100)
  })
})
