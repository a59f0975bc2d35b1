// Runs every test. As root on Debian it first installs, through apt, the programs that the tests compare with.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const packages = {
  iptables: 'iptables',
  ip: 'iproute2',
  ipset: 'ipset',
  conntrack: 'conntrack',
  nft: 'nftables',
  tshark: 'tshark',
  tcpdump: 'tcpdump',
  ping: 'iputils-ping',
  sysctl: 'procps',
  unshare: 'util-linux',
  dig: 'bind9-dnsutils',
  host: 'bind9-host',
  python3: 'python3',
  socat: 'socat',
  ncat: 'ncat',
  chromium: 'chromium',
}
// The reference network plugins are not on the PATH.
const files = { '/usr/lib/cni/bridge': 'containernetworking-plugins' }
const onPath = program =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some(dir => existsSync(`${dir}/${program}`))
const missing = [
  ...Object.entries(packages).filter(([program]) => !onPath(program)),
  ...Object.entries(files).filter(([file]) => !existsSync(file)),
].map(([, name]) => name)

if (missing.length > 0) {
  const root = process.getuid?.() === 0
  if (root && existsSync('/etc/debian_version') && onPath('apt-get')) {
    console.log(`installing what the tests compare with: ${missing.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    })
  } else {
    console.log(`some tests will be skipped; to enable them: apt-get install ${missing.join(' ')} (and run as root)`)
  }
}

// The command line is tested as users get it: built.
const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)

const folder = mkdtempSync(join(tmpdir(), 'kubehop-test-'))
const summary = join(folder, 'summary.json')
const result = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${summary}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
if (existsSync(summary)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(summary, 'utf8'))
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
}
rmSync(folder, { recursive: true, force: true })
process.exit(result.status ?? 1)
