import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededChance } from '../../../src/netns/index.ts'
import { loadNode, type NodeState, traceNode } from '../../../src/probe/index.ts'
import { withoutIptables } from '../../../src/probe/node-state/without-iptables.ts'

const WARNING = '# Warning: table ip filter is managed by iptables-nft, do not touch!'
const base = (chain: string) => `\tchain ${chain} {\n\t\ttype filter hook input priority filter; policy accept;`
const table = (name: string, chain: string, rule: string) => `table ${name} {\n${base(chain)}\n\t\t${rule}\n\t}\n}`
const SSH = 'tcp dport 22 counter packets 0 bytes 0 accept'
const XT = 'meta l4proto tcp xt match "addrtype" counter packets 0 bytes 0 accept'
const save = (...tables: string[]) => tables.map(name => `*${name}\n:INPUT ACCEPT [0:0]\nCOMMIT\n`).join('')

describe('tables of iptables-nft in nft list ruleset', () => {
  test.each([
    ['with its name and chains, in iptables-save too', table('ip filter', 'INPUT', SSH), { 4: save('filter') }, 'out'],
    ['marked', `${WARNING}\n${table('ip filter', 'mine', SSH)}`, { 4: save('filter') }, 'out'],
    ['with an extension', table('ip filter', 'mine', XT), { 4: save('filter') }, 'out'],
    ['nothing but a canary', 'table ip mangle {\n\tchain KUBE-PROXY-CANARY {\n\t}\n}', { 4: save('mangle') }, 'out'],
    ['made with nft under such a name', table('ip filter', 'input', SSH), { 4: save('filter') }, 'stays'],
    [
      'that iptables-save cannot list',
      table('ip filter', 'INPUT', SSH),
      { 4: `# Table \`filter' contains incompatible base-chains, use 'nft' tool to list them.\n${save('filter')}` },
      'stays',
    ],
    ['of another name', table('ip own', 'INPUT', SSH), { 4: save('filter') }, 'stays'],
    ['of another family', table('inet filter', 'INPUT', SSH), { 4: save('filter') }, 'stays'],
    ['of IPv6, when only IPv4 was saved', table('ip6 filter', 'INPUT', SSH), { 4: save('filter') }, 'stays'],
    ['saved nowhere, in words of nft', table('ip filter', 'INPUT', SSH), {}, 'stays'],
    ['saved nowhere, marked, in words of nft', `${WARNING}\n${table('ip filter', 'INPUT', SSH)}`, {}, 'stays'],
    ['saved nowhere, with an extension', table('ip filter', 'INPUT', XT), {}, 'lost'],
    ['another table was saved', table('ip filter', 'INPUT', XT), { 4: save('nat') }, 'lost'],
  ] as const)('%s: %s', (_, text, saved, what) => {
    const whole = `${text}\ntable ip last {\n}\n`
    const { text: left, lost } = withoutIptables(whole, saved)
    expect(left.split('\n').length).toBe(whole.split('\n').length)
    expect(left).toContain('table ip last {')
    expect(left.includes('chain')).toBe(what === 'stays')
    expect(lost.length).toBe(what === 'lost' ? 1 : 0)
  })

  test('whatever the text: the lines that are left are those of the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('table ip nat {', '}', '\tchain x {', '\t}', WARNING, 'xt match "a"')),
        lines => {
          const { text } = withoutIptables(lines.join('\n'), { 4: save('nat') })
          expect(text.split('\n').every((line, i) => line === '' || line === lines[i])).toBe(true)
        },
      ),
    )
  })

  test('a trace says which table is missing, and is not sure of itself', () => {
    const state: NodeState = {
      'ip-addr.json': '[{"ifname":"lo"},{"ifname":"eth0","address":"02:00:00:00:00:01","flags":["UP"],"addr_info":[]}]',
      'ip-route.txt': '10.0.0.0/8 dev eth0\n',
      'sysctl.txt': 'net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0.forwarding = 1\n',
      'nft-ruleset.txt': `${table('ip filter', 'INPUT', XT)}\n`,
    }
    const trace = traceNode(state, { from: '10.0.0.1@eth0', to: '10.0.0.2' })
    expect(trace.certainty).toBe('unknown')
    expect(trace.assumptions).toContain(
      'nft-ruleset.txt: table ip filter of iptables-nft is left out: nft cannot say its rules, and iptables-save.txt does not have them',
    )
  })
})

const real =
  process.getuid?.() === 0 && ['nft', 'iptables'].every(program => spawnSync(program, ['--version']).status === 0)
if (!real)
  console.warn(
    'SKIPPED: dumps of a real node: needs root, nft and iptables; run: sudo apt-get install nftables iptables',
  )

const NODE = `
iptables -t nat -A PREROUTING -p tcp -m addrtype --dst-type LOCAL -m comment --comment "one two" -j REDIRECT --to-ports 99
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
nft add table ip own
nft add chain ip own c '{ type filter hook input priority 0; }'
nft add rule ip own c tcp dport 80 accept
nft add table ip6 nat
nft add chain ip6 nat prerouting '{ type nat hook prerouting priority -100; }'
nft add rule ip6 nat prerouting tcp dport 80 redirect to :8080
`

describe.skipIf(!real)('a namespace with rules of both programs', () => {
  test('each rule is there once', () => {
    const dump = (command: string): string => {
      const { status, stdout } = spawnSync('unshare', ['-n', 'sh', '-e'], {
        input: `${NODE}${command}\n`,
        encoding: 'utf8',
      })
      expect(status).toBe(0)
      return stdout
    }
    const { node, warnings } = loadNode(
      {
        'ip-addr.json': '[]',
        'iptables-save.txt': dump('iptables-save'),
        'ip6tables-save.txt': dump('ip6tables-save'),
        'nft-ruleset.txt': dump('nft list ruleset'),
      },
      new SeededChance(1),
    )
    expect(warnings).toEqual([])
    expect(node.nft.list().match(/^table .*(?= \{)/gm)).toEqual(['table ip own', 'table ip6 nat'])
    expect(node.netfilter.save(4).match(/^-A .*/gm)?.length).toBe(2)
    expect(node.netfilter.save(6)).not.toContain('-A ')
  })
})
