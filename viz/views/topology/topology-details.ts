import { html, type TemplateResult } from 'lit'
import { podEndpoint, serviceEndpoint } from '../../app/endpoints.ts'
import type { RouteChange } from '../../app/route.ts'
import { type Interface, nodesOf, podId, podsOf, type Topology } from './topology-model.ts'

/** What is known of the selected box, and what can be done with it. */
export function topologyDetails(
  topology: Topology,
  id: string,
  go: (change: RouteChange) => void,
): TemplateResult | '' {
  const node = nodesOf(topology).find(one => `node/${one.name}` === id)
  const pod = [...podsOf(topology), ...topology.pending].find(one => podId(one) === id)
  const service = topology.services.find(one => `svc/${one.namespace}/${one.name}` === id)
  if (node !== undefined) {
    return panel(
      `Node ${node.name}`,
      node.faults,
      id,
      go,
      [
        ['Role', node.role],
        ['Zone', node.zone],
        ['Addresses', node.ips.join(' ')],
        ['Pod ranges', node.podCIDRs.join(' ')],
        ['Pods', String(node.pods.length)],
        ['Labels', labels(node.labels)],
      ],
      node.interfaces,
      html`<button type="button" @click=${() => go({ view: 'rules', params: { node: node.name } })}>Its rules</button>`,
    )
  }
  if (pod !== undefined) {
    return panel(
      `Pod ${podId(pod)}`,
      pod.faults,
      podEndpoint(pod.namespace, pod.name),
      go,
      [
        ['Node', pod.node ?? 'none'],
        ['Phase', pod.phase],
        ['Addresses', pod.ips.join(' ')],
        ['Owner', pod.owner === undefined ? '' : `${pod.owner.kind} ${pod.owner.name}`],
        [
          'Listens',
          pod.listens
            .map(({ port, program, assumed }) => `${port} (${program}${assumed ? ', assumed' : ''})`)
            .join(', '),
        ],
        ['Labels', labels(pod.labels)],
      ],
      pod.interfaces,
    )
  }
  if (service !== undefined) {
    const { namespace, name } = service
    return panel(
      `Service ${namespace}/${name}`,
      service.endpoints === 0 ? ['no ready endpoints'] : [],
      serviceEndpoint(namespace, name, service.ports[0]?.port),
      go,
      [
        ['Type', service.type],
        ['Addresses', [...service.clusterIPs, ...service.externalIPs].join(' ')],
        [
          'Ports',
          service.ports
            .map(
              ({ port, protocol, nodePort }) =>
                `${protocol}/${port}${nodePort === undefined ? '' : `, NodePort ${nodePort}`}`,
            )
            .join('; '),
        ],
        ['Selector', labels(service.selector)],
        ['Endpoints', `${service.endpoints} ready`],
      ],
      undefined,
      html`<button type="button" @click=${() => go({ view: 'service', params: { service: `${namespace}/${name}` } })}>Its shares</button>`,
    )
  }
  if (id === 'outside/external')
    return panel('A machine outside the cluster', [], 'external', go, [], topology.underlay[1]?.interfaces)
  if (id === 'outside/router')
    return panel('Router between the nodes and outside', [], '', go, [], topology.underlay[0]?.interfaces)
  return ''
}

function panel(
  title: string,
  faults: readonly string[],
  endpoint: string,
  go: (change: RouteChange) => void,
  facts: readonly (readonly [string, string])[],
  interfaces: readonly Interface[] = [],
  more: TemplateResult | '' = '',
): TemplateResult {
  return html`<aside class="details" aria-label=${title}>
    <header><h2>${title}</h2><button type="button" aria-label="Close the details" @click=${() => go({ params: { sel: null } })}>✕</button></header>
    ${faults.map(fault => html`<p class="verdict no">✘ ${fault}</p>`)}
    <p class="actions">
      ${
        endpoint === ''
          ? ''
          : html`${endpoint.startsWith('svc/') ? '' : html`<button type="button" @click=${() => go({ probe: { from: endpoint } })}>Send from here</button>`}
            <button type="button" @click=${() => go({ probe: { to: endpoint } })}>Send to here</button>`
      }${more}
    </p>
    <dl>${facts.filter(([, value]) => value !== '').map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    ${
      interfaces.length === 0
        ? ''
        : html`<h3>Interfaces</h3>
      <ul>${interfaces.map(
        one => html`<li><code>${one.name}</code> <span class="dim">${one.kind}${one.up ? '' : ', ✘ down'}, mtu ${one.mtu}</span>
        <div class="dim">${[one.addresses.join(' '), one.peer === undefined ? '' : `⇄ ${one.peer.name} of ${one.peer.namespace}`, one.master === undefined ? '' : `port of ${one.master}`].filter(text => text !== '').join(' · ')}</div></li>`,
      )}</ul>`
    }
  </aside>`
}

function labels(all: Readonly<Record<string, string>>): string {
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
