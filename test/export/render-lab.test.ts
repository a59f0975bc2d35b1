import { spawnSync } from 'node:child_process'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type LabProbe, renderLab } from '../../src/export/index.ts'
import { labName, shortNames } from '../../src/export/lab-names.ts'
import { emptyConfig, type NamespaceConfig } from '../../src/netns/config.ts'

const CONFIGS: readonly NamespaceConfig[] = [
  {
    ...emptyConfig('worker-1'),
    links: [
      { kind: 'vxlan', name: 'flannel.1', vni: 1, local: '10.0.0.1', dev: 'eth0', port: 8472, learning: false },
      { kind: 'veth', name: 'va', peer: { namespace: 'default/web', name: 'eth0' } },
    ],
    iptables: [{ family: 4, text: '*nat\nCOMMIT', source: 'kube-proxy' }],
    ipsets: ['create s hash:ip'],
  },
  { ...emptyConfig('default/web'), listeners: [{ protocol: 'tcp', port: 80, program: 'nginx', assumed: false }] },
]

const PROBE: LabProbe = {
  from: 'default/web',
  to: '10.0.0.1',
  port: 9,
  protocol: 'tcp',
  result: 'ECONNREFUSED',
  title: 'pod/web → node/worker-1:9',
  transcript: 'TRACE …',
}

function filesOf(configs = CONFIGS, probes: readonly LabProbe[] = [PROBE]): ReadonlyMap<string, string> {
  const { files } = renderLab({ cluster: 'Test Lab', configs, probes })
  return new Map(files.map(({ path, text }) => [path, text]))
}

describe('names', () => {
  it('say which cluster it is, in what a file name may have', () => {
    expect(labName('Test Lab', CONFIGS)).toMatch(/^kh-test-lab-[0-9a-f]{6}$/)
    expect(labName('../../etc', [])).toMatch(/^kh-etc-[0-9a-f]{6}$/)
    expect(labName('', [])).toMatch(/^kh-lab-[0-9a-f]{6}$/)
  })

  it('differ for different parts of one cluster, and are the same for the same', () => {
    expect(labName('x', CONFIGS)).toBe(labName('x', [...CONFIGS]))
    expect(labName('x', CONFIGS)).not.toBe(labName('x', CONFIGS.slice(1)))
  })

  it('two namespaces that would be spelt alike are told apart', () => {
    expect([...shortNames(['a/b', 'a.b', 'A.B']).values()]).toEqual(['a.b', 'a.b-2', 'a.b-3'])
  })

  property.prop([fc.uniqueArray(fc.string({ minLength: 1 }))])('never clash and need no quoting', names => {
    const short = [...shortNames(names).values()]
    expect(new Set(short).size).toBe(names.length)
    for (const name of short) expect(name).toMatch(/^[a-z0-9.-]*$/)
  })
})

describe('the folder', () => {
  const files = filesOf()

  it('has a folder for each namespace with the input of each tool, and none that would be empty', () => {
    expect([...files.keys()].filter(path => path.startsWith('namespaces.d/worker-1/'))).toEqual([
      'namespaces.d/worker-1/sysctl',
      'namespaces.d/worker-1/links.batch',
      'namespaces.d/worker-1/ipset.restore',
      'namespaces.d/worker-1/iptables.1.kube-proxy.rules',
      'namespaces.d/worker-1/devices',
    ])
    expect(files.get('namespaces.d/default.web/servers')).toBe('tcp 80 * nginx\n')
    expect(files.get('namespaces')).toBe('worker-1 worker-1\ndefault.web default/web\n')
  })

  it('hands rulesets to nft and services to ipvsadm, and tells how to look at them', () => {
    const [node, ...others] = CONFIGS
    if (node === undefined) throw new Error('there is a node')
    const rules = { ...node, nft: ['add table ip t', 'add table ip6 t\n'], ipvs: '-A -t 10.96.0.1:80 -s rr' }
    const made = filesOf([rules, ...others])
    expect(made.get('namespaces.d/worker-1/nftables.1.nft')).toBe('add table ip t\n')
    expect(made.get('namespaces.d/worker-1/nftables.2.nft')).toBe('add table ip6 t\n')
    expect(made.get('namespaces.d/worker-1/ipvsadm.rules')).toBe('-A -t 10.96.0.1:80 -s rr\n')
    const up = made.get('up.sh') ?? ''
    expect(up).toContain('no IPVS (CONFIG_IP_VS)')
    expect(up).toContain('for program in ip bridge iptables-restore ipset nft ipvsadm;')
    expect(made.get('README.md')).toMatch(/-NODE nft list ruleset\n.*-NODE ipset list\n.*-NODE ipvsadm -Ln\n/)
  })

  it('every file ends its last line', () => {
    for (const [path, text] of files) expect(text.endsWith('\n'), path).toBe(true)
  })

  it('up.sh tries the kernel before it builds, and only what this lab needs', () => {
    const up = files.get('up.sh') ?? ''
    expect(up).toContain('no vxlan (CONFIG_VXLAN)')
    expect(up).not.toContain('CONFIG_NET_IPIP')
    expect(up.indexOf('fail "this kernel has not all')).toBeLessThan(up.indexOf('each_namespace make_namespace'))
  })

  it('tells what to try and what will be seen', () => {
    expect(files.get('probes')).toBe('default.web 10.0.0.1 9 tcp ECONNREFUSED\n')
    const readme = files.get('README.md') ?? ''
    expect(readme).toContain('./probe.sh default/web 10.0.0.1 9 tcp')
    expect(readme).toContain('prints `ECONNREFUSED`')
    expect(readme).toContain('TRACE …')
  })

  it.skipIf(spawnSync('sh', ['-c', 'true']).status !== 0)('its scripts are well-formed for sh', () => {
    for (const name of ['up.sh', 'down.sh', 'probe.sh']) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: files.get(name) ?? 'missing (', encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(status).toBe(0)
    }
  })
})
