import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const DIRECTORIES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin']

export function hasProgram(name: string): boolean {
  return DIRECTORIES.some(directory => existsSync(`${directory}/${name}`))
}

const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  'iptables-restore': 'iptables',
  ipset: 'ipset',
  conntrack: 'conntrack',
  nft: 'nftables',
  python3: 'python3',
}

/**
 * Whether experiments in the real kernel can be done here. When not, says on standard error what is missing and how to enable
 * `what`.
 */
export function canUseKernel(what: string, programs: readonly string[] = Object.keys(PACKAGES)): boolean {
  const missing = programs.filter(name => !hasProgram(name))
  const problem =
    process.platform !== 'linux'
      ? 'this is not Linux'
      : process.getuid?.() !== 0
        ? 'not root; run: sudo npx vitest run --project kernel'
        : missing.length > 0
          ? `no ${missing.join(', ')}; run: apt-get install ${[...new Set(missing.map(name => PACKAGES[name] ?? name))].join(' ')}`
          : programs.includes('python3') &&
              spawnSync('/usr/bin/env', ['python3', '-c', 'import ctypes, mmap']).status !== 0
            ? 'python3 without its standard library; run: apt-get install python3'
            : spawnSync('unshare', ['-n', 'true']).status !== 0
              ? 'network namespaces cannot be made here (unshare -n fails)'
              : null
  if (problem !== null) console.warn(`SKIPPED: ${what}: ${problem}`)
  return problem === null
}
