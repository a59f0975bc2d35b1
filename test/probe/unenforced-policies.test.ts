import { expect, it } from 'vitest'
import { loadCluster } from '../../src/index.ts'

const policy = (name: string, podSelector: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'default' },
  spec: { podSelector, policyTypes: ['Ingress'] },
})

it('a trace through flannel says which policies its packets did not meet', async () => {
  const cluster = await loadCluster({ paths: ['examples/testweb'] })
  const question = { from: 'pod/client', to: 'svc/testweb:80' }
  expect(cluster.trace(question).assumptions).toEqual([])
  const closed = cluster
    .fork()
    .apply([policy('web', { matchLabels: { app: 'testweb' } }), policy('other', { matchLabels: { app: 'other' } })])
  const trace = closed.trace(question)
  expect(trace.disposition).toBe('DELIVERED')
  expect(trace.assumptions).toEqual([
    expect.stringContaining('flannel enforces no NetworkPolicy: default/web has no effect'),
  ])
})

it('a trace through Calico names cluster-wide policies only', async () => {
  const config = { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Cluster', spec: { cni: { name: 'calico' } } }
  const cluster = await loadCluster({ paths: ['examples/testweb'], config })
  cluster.apply([
    policy('web', { matchLabels: { app: 'nobody' } }),
    {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'admin' },
      spec: {
        priority: 5,
        subject: { namespaces: {} },
        ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }],
      },
    },
  ])
  expect(cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' }).assumptions).toEqual([
    'calico enforces no AdminNetworkPolicy: admin has no effect on these packets (kubehop why tells what it would do)',
  ])
})
