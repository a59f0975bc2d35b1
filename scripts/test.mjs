// Runs every test. As root on Debian it first installs, through apt, the programs that the tests compare with.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

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
}
const onPath = program =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some(dir => existsSync(`${dir}/${program}`))
const missing = Object.entries(packages)
  .filter(([program]) => !onPath(program))
  .map(([, name]) => name)

if (missing.length > 0) {
  const root = process.getuid?.() === 0
  if (root && existsSync('/etc/debian_version') && onPath('apt-get')) {
    console.log(`installing what the tests compare with: ${missing.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { stdio: ['ignore', 'ignore', 'inherit'], env })
  } else {
    console.log(`some tests will be skipped; to enable them: apt-get install ${missing.join(' ')} (and run as root)`)
  }
}

// The command line is tested as users get it: built.
for (const [script, args] of [
  ['scripts/build.mjs', []],
  ['node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)]],
]) {
  const result = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' })
  if (result.status !== 0) process.exit(result.status ?? 1)
}
