/** A view, as the tabs and the help sheet show it. */
export interface ViewInfo {
  /** In the address bar: `#/id`. */
  readonly id: string
  readonly title: string
  /** One letter that goes there from anywhere. */
  readonly key: string
  /** Its custom element. */
  readonly tag: string
  /** What it shows, in one sentence. */
  readonly summary: string
  /** Defines the element. */
  readonly load: () => Promise<unknown>
}

/** In the order of the tabs. A new view is one line here and one folder under `viz/views`. */
export const VIEWS: readonly ViewInfo[] = [
  {
    id: 'topology',
    title: 'Topology',
    key: 't',
    tag: 'kh-topology-view',
    summary: 'Nodes, pods, bridges and tunnels as boxes in boxes; drag from one to another to send a packet',
    load: () => import('../views/topology/topology-view.ts'),
  },
  {
    id: 'trace',
    title: 'Trace',
    key: 's',
    tag: 'kh-trace-view',
    summary: 'A packet step by step, there and back: on the topology, as a ladder, as a list of decisions',
    load: () => import('../views/trace/trace-view.ts'),
  },
  {
    id: 'rules',
    title: 'Rules',
    key: 'r',
    tag: 'kh-rules',
    summary: "A node's chains as a graph, with the way of the packet",
    load: () => import('../views/rules/rules-view.ts'),
  },
  {
    id: 'policy',
    title: 'Policy',
    key: 'm',
    tag: 'kh-policy',
    summary: 'Who may reach whom, why, and what an edit would change',
    load: () => import('../views/policy/policy-view.ts'),
  },
  {
    id: 'service',
    title: 'Service',
    key: 'v',
    tag: 'kh-service',
    summary: 'From the ways into a Service to its endpoints, with exact shares',
    load: () => import('../views/service/service-view.ts'),
  },
  {
    id: 'dns',
    title: 'DNS',
    key: 'd',
    tag: 'kh-dns',
    summary: 'A lookup query by query: who answered, why, and what leaked outside',
    load: () => import('../views/dns/dns-view.ts'),
  },
  {
    id: 'time',
    title: 'Time',
    key: 'h',
    tag: 'kh-time',
    summary: 'Earlier states of the cluster: go there, or compare two',
    load: () => import('../views/time/time-view.ts'),
  },
  {
    id: 'tour',
    title: 'Tour',
    key: 'g',
    tag: 'kh-tour-view',
    summary: 'Eight short lessons with a question each',
    load: () => import('../tour/tour-view.ts'),
  },
]

export function viewOf(id: string): ViewInfo | undefined {
  return VIEWS.find(view => view.id === id)
}
