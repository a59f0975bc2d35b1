import { describe, expect, it } from 'vitest'
import type { Trace } from '../../src/trace/index.ts'
import { FIXTURES, runCli } from './run-cli.ts'

interface Case {
  readonly what: string
  /** Arguments behind `trace`. */
  readonly args: string
  readonly config?: string
  readonly disposition: string
  /** What the client's program sees. */
  readonly client: string
  readonly reason?: RegExp
  readonly wouldPassIf?: RegExp
}

const CASES: readonly Case[] = [
  {
    what: 'a Service whose backend is on another node',
    args: 'pod/client svc/web',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  { what: 'a pod by its name', args: 'pod/client pod/one', disposition: 'DELIVERED', client: 'ok' },
  {
    what: 'a pod by namespace and name, port by name',
    args: 'default/client default/one:http',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  { what: 'a Deployment', args: 'deploy/web svc/one:80', disposition: 'DELIVERED', client: 'ok' },
  { what: 'a UDP Service', args: 'pod/client svc/one:dns', disposition: 'DELIVERED', client: 'ok' },
  { what: 'an SCTP Service', args: 'pod/client svc/one:discard', disposition: 'DELIVERED', client: 'ok' },
  { what: 'a headless Service', args: 'pod/client svc/headless', disposition: 'DELIVERED', client: 'ok' },
  {
    what: 'a pod that reaches itself through its own Service',
    args: 'pod/one svc/one:http',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  { what: 'the same with UDP', args: 'pod/one svc/one:dns', disposition: 'DELIVERED', client: 'ok' },
  { what: 'a pod on the host network', args: 'pod/host svc/web', disposition: 'DELIVERED', client: 'ok' },
  { what: 'a node', args: 'node/worker-1 svc/web', disposition: 'DELIVERED', client: 'ok' },
  {
    what: 'a node port through localhost',
    args: 'node/worker-1 127.0.0.1:30080',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  { what: 'a kubelet', args: 'pod/client node/worker-2:10250', disposition: 'DELIVERED', client: 'ok' },
  { what: 'ping to a node', args: 'pod/client node/worker-2', disposition: 'DELIVERED', client: 'ok' },
  { what: 'ping to a pod', args: 'pod/client pod/one --proto icmp', disposition: 'DELIVERED', client: 'ok' },
  ...['worker-1', 'worker-2', 'worker-3', 'control-plane'].map(node => ({
    what: `a node port on ${node} from outside`,
    args: `external node/${node}:30080`,
    disposition: 'DELIVERED',
    client: 'ok',
  })),
  { what: 'a machine outside', args: 'pod/client external:443', disposition: 'DELIVERED', client: 'ok' },
  { what: 'an address outside', args: 'pod/client 8.8.8.8', disposition: 'EXITS_CLUSTER', client: 'ok' },
  {
    what: 'a datagram in fragments',
    args: 'pod/client svc/one:dns --size 3000',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  { what: 'enough TTL for two routers', args: 'pod/client pod/one --ttl 3', disposition: 'DELIVERED', client: 'ok' },
  {
    what: 'externalTrafficPolicy Local on the node with the pod',
    args: 'external node/worker-2:30082',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  {
    what: 'externalTrafficPolicy Local on a node without one',
    args: 'external node/worker-1:30082',
    disposition: 'NO_ENDPOINTS',
    client: 'ETIMEDOUT',
    reason: /default\/local has no local endpoints/,
    wouldPassIf: /ready endpoint on this node/,
  },
  {
    what: 'a Service that selects nothing',
    args: 'pod/client svc/empty',
    disposition: 'NO_ENDPOINTS',
    client: 'ECONNREFUSED',
    reason:
      /filter KUBE-SERVICES rule \d+ on node worker-1 \(-j REJECT.*default\/empty has no endpoints \(.*shop\.yaml:\d+\)/,
    wouldPassIf: /Service default\/empty had a ready endpoint/,
  },
  {
    what: 'its node port',
    args: 'external node/worker-1:30081',
    disposition: 'NO_ENDPOINTS',
    client: 'ECONNREFUSED',
    reason: /KUBE-EXTERNAL-SERVICES/,
  },
  {
    what: 'a Service with unready pods only',
    args: 'pod/client svc/unready',
    disposition: 'NO_ENDPOINTS',
    client: 'ECONNREFUSED',
  },
  {
    what: 'a closed port',
    args: 'pod/client pod/one:81',
    disposition: 'PORT_CLOSED',
    client: 'ECONNREFUSED',
    reason: /on pod default\/one.*nothing listens on that port/,
  },
  {
    what: 'a wrong targetPort',
    args: 'pod/client svc/wrong-target',
    disposition: 'PORT_CLOSED',
    client: 'ECONNREFUSED',
    reason: /:8080/,
  },
  {
    what: 'a protocol that the Service does not have',
    args: 'pod/client svc/web --proto udp',
    disposition: 'NO_ROUTE',
    client: 'timeout',
    reason: /ClusterIP of Service default\/web, and kube-proxy translates only its ports/,
    wouldPassIf: /tcp\/80/,
  },
  {
    what: 'ping to a ClusterIP',
    args: 'pod/client svc/web --proto icmp',
    disposition: 'NO_ROUTE',
    client: 'ENETUNREACH',
    reason: /translates only its ports/,
  },
  {
    what: 'a ClusterIP from outside',
    args: 'external svc/web',
    disposition: 'NO_ROUTE',
    client: 'ENETUNREACH',
    reason: /only nodes of the cluster translate/,
    wouldPassIf: /node port/,
  },
  {
    what: 'an unused ClusterIP',
    args: 'pod/client 10.96.55.55:80',
    disposition: 'NO_ROUTE',
    client: 'ENETUNREACH',
    reason: /in the service subnet, and no Service has it/,
  },
  {
    what: 'an unused address of the own node',
    args: 'pod/client 10.244.1.200:80',
    disposition: 'NEIGHBOR_UNREACHABLE',
    client: 'EHOSTUNREACH',
    reason: /in the pod subnet, and no pod has it/,
  },
  {
    what: 'an unused address of another node',
    args: 'pod/client 10.244.2.200:80',
    disposition: 'NEIGHBOR_UNREACHABLE',
    client: 'EHOSTUNREACH',
    reason: /node worker-2/,
  },
  {
    what: 'a pod address that no node has',
    args: 'pod/client 10.244.77.1:80',
    disposition: 'NO_ROUTE',
    client: 'ETIMEDOUT',
    reason: /no pod has it/,
  },
  {
    what: 'a TTL of 1',
    args: 'pod/client pod/one --ttl 1',
    disposition: 'TTL_EXPIRED',
    client: 'EHOSTUNREACH',
    reason: /node worker-1/,
  },
  {
    what: 'a TTL of 2',
    args: 'pod/client pod/one --ttl 2',
    disposition: 'TTL_EXPIRED',
    client: 'EHOSTUNREACH',
    reason: /node worker-2/,
  },
  {
    what: 'a datagram too large that must not be fragmented',
    args: 'pod/client svc/one:dns --size 2000 --df',
    disposition: 'MTU_EXCEEDED',
    client: 'EMSGSIZE',
    reason: /MTU 1450/,
  },
  {
    what: 'a ping that only just does not fit',
    args: 'pod/client pod/one --proto icmp --size 1423 --df',
    disposition: 'MTU_EXCEEDED',
    client: 'EMSGSIZE',
  },
  {
    what: 'a ping that only just fits',
    args: 'pod/client pod/one --proto icmp --size 1422 --df',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  {
    what: 'a source that only the machine itself can have',
    args: 'external/127.0.0.5 node/worker-1:30080',
    disposition: 'MARTIAN',
    client: 'ETIMEDOUT',
    reason: /martian source/,
  },
  {
    what: 'a stranger with a pod address: the answer goes to the pods',
    args: 'external/10.244.2.99 node/worker-1:30080',
    disposition: 'TIMEOUT',
    client: 'ETIMEDOUT',
    reason: /arrived, but its answer was dropped/,
  },
  {
    what: 'the same under strict reverse path filtering',
    args: 'external/10.244.2.99 node/worker-1:30080',
    config: 'strict-rp-filter.yaml',
    disposition: 'RP_FILTER',
    client: 'ETIMEDOUT',
    wouldPassIf: /rp_filter were 2 or 0/,
  },
  {
    what: 'ordinary traffic under strict reverse path filtering',
    args: 'external node/worker-1:30080',
    config: 'strict-rp-filter.yaml',
    disposition: 'DELIVERED',
    client: 'ok',
  },
  {
    what: 'nodes that do not forward',
    args: 'pod/client svc/web',
    config: 'no-forwarding.yaml',
    disposition: 'DROPPED',
    client: 'ETIMEDOUT',
    wouldPassIf: /net\.ipv4\.ip_forward/,
  },
  {
    what: 'a node whose FORWARD policy is DROP',
    args: 'pod/client pod/one --iptables-save worker-1=FIXTURES/drop.rules',
    disposition: 'DROPPED',
    client: 'ETIMEDOUT',
    reason: /the policy of filter FORWARD on node worker-1/,
    wouldPassIf: /--dport 8080 \(here .*dport 80\) of -A FORWARD/,
  },
  {
    what: 'the port that such a node lets pass',
    args: 'pod/client pod/one:8080 --iptables-save worker-1=FIXTURES/drop.rules',
    disposition: 'PORT_CLOSED',
    client: 'ETIMEDOUT',
  },
  ...['pod/client svc/web', 'node/worker-1 svc/web', 'external node/worker-1:30080', 'pod/one svc/one:http'].map(
    args => ({
      what: `an IPv6 cluster: ${args}`,
      args,
      config: 'ipv6.yaml',
      disposition: 'DELIVERED',
      client: 'ok',
    }),
  ),
  ...['svc/web', '[fd00:10:244:2::2]:80', '10.244.2.2:80'].map(to => ({
    what: `a dual-stack cluster: ${to}`,
    args: `pod/client ${to}`,
    config: 'dual-stack.yaml',
    disposition: 'DELIVERED',
    client: 'ok',
  })),
]

describe('how an exchange ends', () => {
  it.each(CASES)('$what: $disposition', async ({ args, config, disposition, client, reason, wouldPassIf }) => {
    const shape = config === undefined ? [] : ['--config', `${FIXTURES}${config}`]
    const { status, stdout, stderr } = await runCli(`trace ${args} -f FIXTURES/shop.yaml -o json -q`, ...shape)
    expect(stderr).toBe('')
    const trace = JSON.parse(stdout) as Trace
    expect([trace.disposition, trace.client.result]).toEqual([disposition, client])
    expect(status).toBe(disposition === 'DELIVERED' || disposition === 'EXITS_CLUSTER' ? 0 : 1)
    if (reason !== undefined) expect(trace.reason.message).toMatch(reason)
    if (wouldPassIf !== undefined) expect(trace.reason.wouldPassIf).toMatch(wouldPassIf)
    if (status === 1) {
      expect(trace.reason.droppedBy).toMatch(/./)
      expect(trace.reason.because).toMatch(/./)
      expect(trace.reason.wouldPassIf).toMatch(/./)
    }
  })
})
