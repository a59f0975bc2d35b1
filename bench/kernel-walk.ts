/**
 * The walk of `kubehop bench walk-new-flow` in kubehop and in the Linux kernel of this machine, in turns, so that the figures
 * are ratios measured on one machine in one run.
 *
 *     npx tsx bench/kernel-walk.ts [--runs 7] [--sizes 10,1000,10000] [--mode iptables|nftables] [--path router,nodes]
 *
 * Two ways in the kernel, both with the rules that kubehop writes for the node and 20,000 new flows a run:
 *
 *   router   client ── router ── server                        PREROUTING, FORWARD, POSTROUTING once
 *   nodes    client ── cni0 node-1 ══ vxlan ══ node-2 cni0 ── server      what kubehop walks
 *
 * Needs root, ip, iptables-restore, conntrack, taskset and python3 (which sends); everything is in namespaces of its own,
 * which are deleted at the end.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { benchCluster, serviceIP } from '../src/cli/bench/bench-cluster.ts'
import { BENCHMARKS } from '../src/cli/bench/index.ts'

const FLOWS = 20_000
const STRIDE = 7919
const PREFIX = `kh-walk-${process.pid}`
const CLIENT = '10.244.1.2'
const SERVER = '10.244.2.2'

/** Sends one datagram of each flow by a raw socket and prints the nanoseconds that all of them took. */
const SENDER = `
import socket, struct, sys, time
flows, first, size = (int(x) for x in sys.argv[1:4])
src, dst0 = socket.inet_aton(sys.argv[4]), int.from_bytes(socket.inet_aton(sys.argv[5]), 'big')
packets = []
service = 0
for i in range(flows):
    service = (service + ${STRIDE}) % size
    dst = (dst0 + service).to_bytes(4, 'big')
    udp = struct.pack('!HHHH', first + i, 80, 12, 0) + b'walk'
    ip = struct.pack('!BBHHHBBH', 69, 0, 32, 0, 0x4000, 64, 17, 0) + src + dst
    packets.append((ip + udp, (socket.inet_ntoa(dst), 0)))
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
send = s.sendto
start = time.perf_counter_ns()
for data, to in packets:
    send(data, to)
print(time.perf_counter_ns() - start)
`

/** Holds the server's port without reading, so that nothing is answered. */
const SINK = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 8080))
print('ready', flush=True)
time.sleep(86400)
`

interface Path {
  readonly name: 'router' | 'nodes'
  /** Namespaces that track flows. */
  readonly nodes: readonly string[]
  build(rules: readonly Rules[]): void
}

/** What kubehop's node has, in the words of iptables-save and nft list. */
interface Rules {
  readonly iptables: string
  readonly nft: string
}

const NO_RULES: Rules = { iptables: '', nft: '' }

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    sizes: { type: 'string', default: '10,1000,10000' },
    mode: { type: 'string', default: 'iptables' },
    path: { type: 'string', default: 'router,nodes' },
  },
})
const { mode } = values
if (mode !== 'iptables' && mode !== 'nftables') throw new Error('--mode is iptables or nftables')
const missing = [
  'ip',
  ...(mode === 'nftables' ? ['nft'] : []),
  'iptables-restore',
  'conntrack',
  'taskset',
  'python3',
].filter(program => spawnSync('which', [program]).status !== 0)
if (process.getuid?.() !== 0 || missing.length > 0) {
  const why = missing.length > 0 ? `not installed: ${missing.join(', ')}` : 'not root'
  process.stdout.write(
    `kernel-walk: SKIPPED (${why}); on Debian, as root: apt-get install iproute2 iptables conntrack python3\n`,
  )
  process.exit(0)
}

const ns = (name: string): string => `${PREFIX}-${name}`
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
const inside = (name: string, ...command: string[]): string =>
  execFileSync('ip', ['netns', 'exec', ns(name), ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const made = new Set<string>()

function add(name: string, sysctls: readonly string[] = []): void {
  ip('netns', 'add', ns(name))
  made.add(name)
  ip('-n', ns(name), 'link', 'set', 'lo', 'up')
  for (const setting of ['net.ipv6.conf.all.disable_ipv6=1', ...sysctls]) inside(name, 'sysctl', '-q', '-w', setting)
}

/** Lines of `ip -batch`, without `-n`. */
function batch(name: string, lines: string): void {
  execFileSync('ip', ['-n', ns(name), '-batch', '-'], { input: lines })
}

function restore(name: string, { iptables, nft }: Rules): void {
  execFileSync('ip', ['netns', 'exec', ns(name), 'iptables-restore'], { input: iptables })
  if (nft !== '') execFileSync('ip', ['netns', 'exec', ns(name), 'nft', '-f', '-'], { input: nft })
}

function link(one: string, oneDev: string, other: string, otherDev: string, mtu: number): void {
  ip(
    'link',
    'add',
    oneDev,
    'netns',
    ns(one),
    'mtu',
    `${mtu}`,
    'type',
    'veth',
    'peer',
    'name',
    otherDev,
    'netns',
    ns(other),
    'mtu',
    `${mtu}`,
  )
}

function pod(name: string, node: string, subnet: string, addr: string): void {
  link(name, 'eth0', node, name, 1450)
  batch(node, `link set ${name} master cni0\nlink set ${name} type bridge_slave hairpin on\nlink set ${name} up`)
  batch(name, `addr add ${addr}/24 dev eth0\nlink set eth0 up\nroute add default via 10.244.${subnet}.1`)
}

const FORWARD = 'net.ipv4.ip_forward=1'

const ROUTER: Path = {
  name: 'router',
  nodes: ['r'],
  build([rules = NO_RULES]) {
    for (const name of ['c', 's']) add(name)
    add('r', [FORWARD])
    link('c', 'eth0', 'r', 'to-c', 1450)
    link('s', 'eth0', 'r', 'to-s', 1450)
    batch('r', 'addr add 10.244.1.1/24 dev to-c\naddr add 10.244.2.1/24 dev to-s\nlink set to-c up\nlink set to-s up')
    batch('c', `addr add ${CLIENT}/24 dev eth0\nlink set eth0 up\nroute add default via 10.244.1.1`)
    batch('s', `addr add ${SERVER}/24 dev eth0\nlink set eth0 up\nroute add default via 10.244.2.1`)
    restore('r', rules)
  },
}

const NODES: Path = {
  name: 'nodes',
  nodes: ['n1', 'n2'],
  build(rules) {
    for (const name of ['c', 's']) add(name)
    for (const name of ['n1', 'n2']) add(name, [FORWARD, 'net.bridge.bridge-nf-call-iptables=1'])
    link('n1', 'eth0', 'n2', 'eth0', 1500)
    for (const [self, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const mac = (n: number): string => `0a:58:0a:f4:0${n}:00`
      batch(
        `n${self}`,
        `addr add 192.168.0.1${self}/24 dev eth0
link set eth0 up
link add flannel.1 address ${mac(self)} mtu 1450 type vxlan id 1 local 192.168.0.1${self} dev eth0 dstport 8472 nolearning
addr add 10.244.${self}.0/32 dev flannel.1
link set flannel.1 up
link add cni0 mtu 1450 type bridge
addr add 10.244.${self}.1/24 dev cni0
link set cni0 up
route add 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink
neigh add 10.244.${other}.0 lladdr ${mac(other)} dev flannel.1 nud permanent`,
      )
      inside(`n${self}`, 'bridge', 'fdb', 'append', mac(other), 'dev', 'flannel.1', 'dst', `192.168.0.1${other}`)
      restore(`n${self}`, rules[self - 1] ?? NO_RULES)
    }
    pod('c', 'n1', '1', CLIENT)
    pod('s', 'n2', '2', SERVER)
  },
}

function cleanUp(): void {
  for (const name of made) spawnSync('ip', ['netns', 'del', ns(name)])
  made.clear()
}

function received(): number {
  const [line] = JSON.parse(ip('-n', ns('s'), '-j', '-s', 'link', 'show', 'dev', 'eth0')) as [
    { stats64: { rx: { packets: number } } },
  ]
  return line.stats64.rx.packets
}

/** New flows a second. Everything between sender and server runs on the sender's processor. */
function send(path: Path, size: number, first: number): number {
  for (const node of path.nodes) inside(node, 'conntrack', '-F')
  const before = received()
  const out = inside(
    'c',
    'taskset',
    '-c',
    '0',
    'python3',
    '-c',
    SENDER,
    `${FLOWS}`,
    `${first}`,
    `${size}`,
    CLIENT,
    serviceIP(0),
  )
  const arrived = received() - before
  if (arrived < 0.99 * FLOWS) throw new Error(`${path.name}: ${arrived} of ${FLOWS} packets arrived`)
  return FLOWS / (Number(out) / 1e9)
}

async function sink(): Promise<() => void> {
  const child = spawn('ip', ['netns', 'exec', ns('s'), 'python3', '-c', SINK], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise(resolve => child.stdout.once('data', resolve))
  return () => child.kill('SIGKILL')
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1] ?? 0

const benchmark = BENCHMARKS.find(
  ({ name }) => name === (mode === 'iptables' ? 'walk-new-flow' : `walk-new-flow-${mode}`),
)
if (benchmark === undefined) throw new Error('walk-new-flow is gone')
const results: object[] = []
process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
for (const size of values.sizes.split(',').map(Number)) {
  const cluster = benchCluster(size, 1, mode)
  const rules = ['worker-1', 'worker-2'].map((name): Rules => {
    const node = cluster.node(name)
    return { iptables: node?.netfilter.save(4) ?? '', nft: node?.nft.list() ?? '' }
  })
  const walk = benchmark.prepare(size, 1)
  const kubehop = (): number => {
    const start = process.hrtime.bigint()
    walk.run(FLOWS)
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    walk.reset?.()
    return FLOWS / seconds
  }
  for (let i = 0; i < 3; i++) kubehop()
  for (const path of [ROUTER, NODES].filter(({ name }) => values.path.split(',').includes(name))) {
    path.build(rules)
    const stop = await sink()
    const kernel: number[] = []
    const ours: number[] = []
    send(path, size, 1024)
    for (let run = 0; run < Number(values.runs); run++) {
      kernel.push(send(path, size, 2000 + 37 * run))
      ours.push(kubehop())
    }
    stop()
    cleanUp()
    const ratio = median(ours.map((rate, i) => rate / (kernel[i] ?? rate)))
    results.push({
      path: path.name,
      size,
      kernel: Math.round(median(kernel)),
      kubehop: Math.round(median(ours)),
      ratio,
    })
  }
}
const head = {
  machine: `${cpus()[0]?.model ?? ''} × ${cpus().length}`,
  kernel: release(),
  node: process.version,
  seed: 1,
  mode,
  flows: FLOWS,
}
process.stdout.write(`${JSON.stringify({ ...head, runs: Number(values.runs), results }, null, 2)}\n`)
