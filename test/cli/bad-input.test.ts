import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubehop-bad-input-'))
const empty = join(folder, 'empty')
mkdirSync(empty)
afterAll(() => rmSync(folder, { recursive: true }))

interface Case {
  readonly what: string
  /** A manifest; FILE in `args` is its path. */
  readonly manifest?: string
  readonly config?: string
  readonly args?: string
  /** The one line on standard error, without `kubehop: ` and the folder. */
  readonly message: RegExp
}

const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: ${spec}\n`
const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: ${spec}\n`
const shape = (spec: string): string => `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: ${spec}\n`

const CASES: readonly Case[] = [
  // Files and YAML.
  {
    what: 'a file that does not exist',
    args: 'trace a b -f /does/not/exist.yaml',
    message: /^\/does\/not\/exist\.yaml: no such file or folder \[KH_IO\]$/,
  },
  {
    what: 'a folder without manifests',
    args: 'trace a b -f EMPTY',
    message: /no \.yaml, \.yml or \.json file in this folder.* \[KH_IO\]$/,
  },
  { what: 'YAML that is none', manifest: 'a: [1,\nb: }', message: /^FILE:\d+:\d+: .* \[KH_YAML\]$/ },
  { what: 'JSON that is none', manifest: '{"a": "b', message: /^FILE:1:\d+: .* \[KH_YAML\]$/ },
  {
    what: 'an alias bomb',
    manifest: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`)
      .join('\n')}\n`,
    message: /^FILE.* \[KH_(YAML|LIMIT)\]$/,
  },
  { what: 'nesting without end', manifest: '['.repeat(20_000), message: /^FILE.* \[KH_(YAML|LIMIT)\]$/ },
  {
    what: 'an object without kind',
    manifest: 'apiVersion: v1\nmetadata: { name: a }\n',
    message: /^FILE:1:\d+: .*kind.* \[KH_MANIFEST\]$/,
  },
  // Fields.
  {
    what: 'a port that is none',
    manifest: pod('{ containers: [{ name: c, image: i, ports: [{ containerPort: 70000 }] }] }'),
    message:
      /^FILE:4:\d+: spec\.containers\[0\]\.ports\[0\]\.containerPort: 70000 .*\(Pod default\/a\) \[KH_MANIFEST\]$/,
  },
  {
    what: 'a ClusterIP that is no address',
    manifest: service('{ clusterIP: 10.96.0.300, ports: [{ port: 80 }] }'),
    message: /^FILE:4:\d+: spec\.clusterIP.*10\.96\.0\.300.* \[KH_MANIFEST\]$/,
  },
  {
    what: 'a name that Kubernetes refuses',
    manifest: 'apiVersion: v1\nkind: Pod\nmetadata: { name: A_b }\nspec: { containers: [{ name: c, image: i }] }\n',
    message: /^FILE:3:\d+: metadata\.name.* \[KH_MANIFEST\]$/,
  },
  {
    what: 'a listen annotation that cannot be read',
    manifest:
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a, annotations: { kubehop.dev/listen: "http" } }\nspec: { nodeName: worker-1, containers: [{ name: c, image: i }] }\n',
    args: 'trace node/worker-1 pod/a:80 -f FILE',
    message:
      /pod default\/a: metadata\.annotations\[kubehop\.dev\/listen\]: "http" is not PROTOCOL\/PORT.* \[KH_MANIFEST\]$/,
  },
  // The cluster's shape.
  {
    what: 'a configuration of another kind',
    config: 'apiVersion: v1\nkind: Pod\n',
    message: /^CONFIG:1:13: apiVersion: expected kubehop\.dev\/v1alpha1 \[KH_CONFIG\]$/,
  },
  {
    what: 'an unknown field of the configuration',
    config: shape('{ node: 3 }'),
    message: /^CONFIG:3:\d+: spec\.node: no such field; known here: .*nodes.* \[KH_CONFIG\]$/,
  },
  {
    what: 'a subnet that is none',
    config: shape('{ networking: { podSubnet: 10.244.0.0 } }'),
    message: /^CONFIG:3:\d+: spec\.networking\.podSubnet: "10\.244\.0\.0" is not a subnet.* \[KH_CONFIG\]$/,
  },
  {
    what: 'two subnets of one family',
    config: shape('{ networking: { podSubnet: "10.1.0.0/16,10.2.0.0/16" } }'),
    message: /two subnets of IPv4.* \[KH_CONFIG\]$/,
  },
  {
    what: 'more nodes than there are addresses',
    config: shape('{ nodes: 300 }'),
    message: /300 nodes do not fit into the node subnet 192\.168\.0\.0\/24.* \[KH_CONFIG\]$/,
  },
  {
    what: 'a network plugin that is not simulated',
    config: shape('{ cni: { name: antrea } }'),
    message: /spec\.cni\.name: "antrea" is not one of flannel, calico, canal \[KH_CONFIG\]$/,
  },
  {
    what: 'a sysctl without a number',
    config: shape('{ sysctls: { net.ipv4.ip_forward: yes-please } }'),
    args: 'show worker-1 addr',
    message: /sysctl net\.ipv4\.ip_forward: "yes-please" is not a number \[KH_CONFIG\]$/,
  },
  // Ranges.
  {
    what: 'a pod CIDR with fewer addresses than pods',
    config: shape('{ nodes: [{ name: n, podCIDR: 10.244.1.0/29 }] }'),
    manifest:
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec:\n  replicas: 9\n  selector: { matchLabels: { a: b } }\n  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } }\n',
    message: /^FILE:1:1: pod .*node n: .*no IP addresses available in range set.* \[KH_CIDR_EXHAUSTED\]$/,
  },
  {
    what: 'a service subnet with fewer addresses than Services',
    config: shape('{ networking: { serviceSubnet: 10.96.0.0/30 } }'),
    manifest: [1, 2, 3]
      .map(i => `apiVersion: v1\nkind: Service\nmetadata: { name: s${i} }\nspec: { ports: [{ port: 80 }] }\n`)
      .join('---\n'),
    message: /\[KH_CIDR_EXHAUSTED\]$/,
  },
  {
    what: 'a pod subnet with fewer ranges than nodes',
    config: shape('{ nodes: 3, networking: { podSubnet: 10.244.0.0/23 } }'),
    message: /\[KH_CIDR_EXHAUSTED\]$/,
  },
  // Rules.
  {
    what: 'rules that cannot be read',
    args: 'trace node/worker-1 node/worker-2 --iptables-save worker-1=FIXTURES/unreadable.rules',
    message: /unreadable\.rules:3:15: .*nonsense.* \[KH_IPTABLES\]$/,
  },
  {
    what: 'rules for a node that does not exist',
    args: 'trace node/worker-1 node/worker-2 --iptables-save worker1=FIXTURES/drop.rules',
    message: /there is no node worker1 .*did you mean worker-1\? \[KH_ENDPOINT\]$/,
  },
  {
    what: 'rules without a node',
    args: 'trace node/worker-1 node/worker-2 --iptables-save drop.rules',
    message: /"drop\.rules" is not NODE=FILE \[KH_USAGE\]$/,
  },
  // Endpoints.
  ...(
    [
      ['pod/cleint svc/web', /^there is no pod default\/cleint; did you mean pod\/client\? \[KH_ENDPOINT\]$/],
      ['pod/client svc/wbe', /^there is no Service default\/wbe; did you mean svc\/web\? \[KH_ENDPOINT\]$/],
      [
        'pod/client svc/web.defualt',
        /^there is no Service defualt\/web; did you mean svc\/web\.default\? \[KH_ENDPOINT\]$/,
      ],
      ['pod/web svc/web', /^there is no pod default\/web; did you mean deploy\/web\? \[KH_ENDPOINT\]$/],
      ['deploy/wed svc/web', /did you mean deploy\/web\? \[KH_ENDPOINT\]$/],
      ['node/worker1 svc/web', /^there is no node worker1; did you mean node\/worker-1\? \[KH_ENDPOINT\]$/],
      ['client svc/web', /^"client" names nothing; did you mean pod\/client\? \[KH_ENDPOINT\]$/],
      ['clent svc/web', /^"clent" names nothing; did you mean pod\/client\? \[KH_ENDPOINT\]$/],
      ['pod/client qqqqqqqqq', /^"qqqqqqqqq" names nothing; expected pod\/NAME.* \[KH_ENDPOINT\]$/],
      [
        'pod/client svc/one',
        /^Service default\/one has several ports: say which, one of http \(80\), dns \(53\), discard \(9\) \[KH_ENDPOINT\]$/,
      ],
      ['pod/client svc/one:99', /^Service default\/one has no port "99"; it has http \(80\).* \[KH_ENDPOINT\]$/],
      ['pod/client pod/one:https', /^pod default\/one has no port called "https"; it has http \[KH_ENDPOINT\]$/],
      ['pod/client pod/one:0', /^"0" is not a port \(1–65535\) \[KH_ENDPOINT\]$/],
      ['svc/web pod/client', /^a Service sends no packets.* \[KH_ENDPOINT\]$/],
      ['external/300.1.1.1 svc/web', /"300\.1\.1\.1" is not an IP address \[KH_ENDPOINT\]$/],
      ['pod/client node/worker-1 --proto tcp', /^which port\?.* \[KH_ENDPOINT\]$/],
    ] as const
  ).map(([endpoints, message]) => ({
    what: `trace ${endpoints}`,
    args: `trace ${endpoints} -f FIXTURES/shop.yaml -q`,
    message,
  })),
  // Usage.
  {
    what: 'no such command',
    args: 'tarce',
    message: /^unknown command 'tarce' \(Did you mean trace\?\); --help.* \[KH_USAGE\]$/,
  },
  { what: 'a missing argument', args: 'trace pod/a', message: /^missing required argument 'to'; .* \[KH_USAGE\]$/ },
  { what: 'too many arguments', args: 'trace a b c', message: /too many arguments.* \[KH_USAGE\]$/ },
  {
    what: 'an unknown flag',
    args: 'trace a b --fiel x',
    message: /^unknown option '--fiel' \(Did you mean --file\?\); .* \[KH_USAGE\]$/,
  },
  {
    what: 'a port flag that is none',
    args: 'trace a b --port 65536',
    message: /expected a port from 1 to 65535; .* \[KH_USAGE\]$/,
  },
  { what: 'a TTL of 0', args: 'trace a b --ttl 0', message: /expected a TTL from 1 to 255; .* \[KH_USAGE\]$/ },
  { what: 'a count of 0', args: 'trace a b --count 0', message: /expected a count from 1 to 1000; .* \[KH_USAGE\]$/ },
  {
    what: 'an unknown protocol',
    args: 'trace a b --proto quic',
    message: /Allowed choices are tcp, udp, icmp, sctp; .* \[KH_USAGE\]$/,
  },
  {
    what: 'an unknown format',
    args: 'trace a b -o xml',
    message: /Allowed choices are text, json, pcapng, mermaid.* \[KH_USAGE\]$/,
  },
  {
    what: 'a disposition that does not exist',
    args: 'trace a b --expect FINE',
    message: /^--expect: "FINE" is no disposition.* \[KH_USAGE\]$/,
  },
  {
    what: 'a capture of all branches',
    args: 'trace a b --all -o pcapng',
    message: /^--all has no single pcapng: use -o text or -o json \[KH_USAGE\]$/,
  },
  {
    what: 'a thing that cannot be shown',
    args: 'show worker-1 sockets',
    message: /Allowed choices are addr, link.* \[KH_USAGE\]$/,
  },
  {
    what: 'an iptables table that does not exist',
    args: 'show worker-1 iptables -t nta',
    message: /^--table: "nta" is not one of raw, mangle, nat, filter, security \[KH_USAGE\]$/,
  },
  {
    what: 'a routing table that does not exist',
    args: 'show worker-1 route -t best',
    message: /^--table: "best" is not a routing table.* \[KH_USAGE\]$/,
  },
  {
    what: 'half an exchange before showing',
    args: 'show worker-1 conntrack --after node/worker-1',
    message: /^--after takes two values.* \[KH_USAGE\]$/,
  },
]

describe('bad input gives one message with its place, and exit status 2', () => {
  it.each(CASES)('$what', async ({ what, manifest, config, args, message }) => {
    const stem = join(folder, what.replaceAll(/[^a-zA-Z]+/g, '-'))
    const paths = { manifest: `${stem}.yaml`, config: `${stem}-config.yaml` }
    if (manifest !== undefined) writeFileSync(paths.manifest, manifest)
    if (config !== undefined) writeFileSync(paths.config, config)
    const line = args ?? `trace node/n node/n${manifest === undefined ? '' : ' -f FILE'}`
    const more = config === undefined ? [] : ['--config', paths.config]
    const { status, stdout, stderr } = await runCli(
      line.replace('FILE', paths.manifest).replace('EMPTY', empty),
      ...more,
    )
    expect([status, stdout]).toEqual([2, ''])
    const text = stderr.replaceAll(paths.config, 'CONFIG').replaceAll(paths.manifest, 'FILE')
    expect(text).toMatch(/^kubehop: [^\n]+\n$/)
    expect(text.slice('kubehop: '.length).trimEnd()).toMatch(message)
  })
})

describe('what is odd and no error gives a warning', () => {
  const warnings = async (text: string, ...more: string[]): Promise<string> => {
    const path = join(folder, 'odd.yaml')
    writeFileSync(path, text)
    const { status, stderr } = await runCli(`trace node/worker-1 node/worker-2 -f ${path}`, ...more)
    expect(status).toBe(0)
    return stderr.replaceAll(path, 'FILE')
  }

  it('a Service without a matching pod', async () => {
    expect(await warnings(service('{ selector: { app: x }, ports: [{ port: 80 }] }'))).toBe(
      'warning: FILE:1:1: Service default/s: spec.selector: no pod in namespace default has app=x\n',
    )
  })

  it('an unknown kind, which is kept', async () => {
    expect(await warnings('apiVersion: example.org/v1\nkind: Gizmo\nmetadata: { name: g }\n')).toMatch(
      /^warning: FILE:\d+:\d+: .*Gizmo.*\n$/,
    )
  })

  it('subnets that overlap, with what will break', async () => {
    const path = join(folder, 'overlap.yaml')
    writeFileSync(path, shape('{ networking: { podSubnet: 10.96.0.0/16 } }'))
    const text = await warnings(service('{ clusterIP: None, ports: [{ port: 80 }] }'), '--config', path)
    expect(text).toMatch(
      /warning: networking\.podSubnet 10\.96\.0\.0\/16 overlaps networking\.serviceSubnet 10\.96\.0\.0\/12: a pod whose address is also a ClusterIP cannot be reached/,
    )
  })

  it('control characters in names reach no terminal', async () => {
    const text = await warnings('apiVersion: example.org/v1\nkind: "Giz\\e[31mmo"\nmetadata: { name: g }\n')
    expect(text).not.toContain('\u001b')
  })
})
