import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const DIRECTORIES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** The Debian package of each program that experiments use. */
export const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  'iptables-restore': 'iptables',
  'ip6tables-restore': 'iptables',
  ipset: 'ipset',
  ipvsadm: 'ipvsadm',
  conntrack: 'conntrack',
  nft: 'nftables',
  python3: 'python3',
}

export function hasProgram(name: string): boolean {
  return DIRECTORIES.some(directory => existsSync(`${directory}/${name}`))
}

/** Why nothing can be built in this machine's kernel, with what helps; null when it can. Nothing is changed to find out. */
export function kernelProblem(programs: readonly string[], asRoot = 'run it with sudo'): string | null {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (process.getuid?.() !== 0) return `not root; ${asRoot}`
  const missing = programs.filter(name => !hasProgram(name))
  if (missing.length > 0) {
    const packages = new Set(missing.map(name => PACKAGES[name] ?? name))
    return `no ${missing.join(', ')}; run: apt-get install ${[...packages].join(' ')}`
  }
  if (programs.includes('python3') && spawnSync('/usr/bin/env', ['python3', '-c', 'import ctypes, mmap']).status !== 0)
    return 'python3 without its standard library; run: apt-get install python3'
  if (spawnSync('unshare', ['-n', 'true']).status !== 0)
    return 'network namespaces cannot be made here (unshare -n fails)'
  return null
}
