import { matchesMap, type Pod } from '../../../controlplane/index.ts'
import type { CompiledPolicy, CompiledRule, Direction } from '../../../netpol/index.ts'
import { PROTOCOLS } from '../../../netpol/index.ts'
import { peerMisses } from '../why/rule-misses.ts'
import { type LintContext, type LintRule, selectedPods } from './lint-rule.ts'

/** Pods at which a rule's ports are looked up: the selected ones for ingress, the peers for egress. */
function targets(
  context: LintContext,
  policy: CompiledPolicy,
  direction: Direction,
  rule: CompiledRule,
): readonly Pod[] {
  if (direction === 'ingress') return selectedPods(context, policy)
  if (rule.peers === null) return context.pods
  return context.pods.filter(
    pod => rule.peers?.some(peer => peerMisses(context.engine, peer, { pod }).length === 0) === true,
  )
}

const servicePort: LintRule = {
  id: 'service-port-instead-of-target-port',
  level: 'warning',
  summary: "A rule names a Service's port; policies see the pod's own port",
  *check(context) {
    for (const policy of context.engine.policies) {
      for (const direction of ['ingress', 'egress'] as const) {
        for (const rule of policy[direction] ?? []) {
          const pods = targets(context, policy, direction, rule)
          for (const [i, entry] of (rule.ports ?? []).entries()) {
            if (entry.name !== undefined || entry.first !== entry.last) continue
            const declared = pods.some(pod =>
              pod.spec.containers.some(one => one.ports?.some(port => port.containerPort === entry.first) === true),
            )
            if (declared || pods.length === 0) continue
            for (const service of context.services) {
              const { selector = {}, ports = [] } = service.spec
              const behind = pods.find(
                pod =>
                  pod.metadata.namespace === service.metadata.namespace &&
                  Object.keys(selector).length > 0 &&
                  matchesMap(selector, pod.metadata.labels),
              )
              if (behind === undefined) continue
              const port = ports.find(
                one => one.port === entry.first && (one.protocol ?? 'TCP') === PROTOCOLS[entry.protocol],
              )
              if (port === undefined) continue
              const target = port.targetPort ?? port.port
              if (target === entry.first) continue
              const message = `${entry.first} is the port of Service ${service.metadata.namespace}/${service.metadata.name}; its pods get the packets on ${target}, and that is what a policy sees`
              yield { object: policy.object, path: `spec.${direction}[${rule.index}].ports[${i}]`, message }
            }
          }
        }
      }
    }
  },
}

const namedPortUnresolved: LintRule = {
  id: 'named-port-unresolved',
  level: 'warning',
  summary: 'A named port that some pod does not declare',
  *check(context) {
    for (const policy of context.engine.policies) {
      for (const direction of ['ingress', 'egress'] as const) {
        for (const rule of policy[direction] ?? []) {
          for (const [i, entry] of (rule.ports ?? []).entries()) {
            if (entry.name === undefined) continue
            const without = targets(context, policy, direction, rule).filter(
              pod =>
                !pod.spec.containers.some(
                  one =>
                    one.ports?.some(
                      port =>
                        port.name === entry.name &&
                        (entry.protocol === undefined || (port.protocol ?? 'TCP') === PROTOCOLS[entry.protocol]),
                    ) === true,
                ),
            )
            const [first] = without
            if (first === undefined || (direction === 'egress' && rule.peers === null)) continue
            const more = without.length > 1 ? ` and ${without.length - 1} more` : ''
            const message = `pod ${first.metadata.namespace}/${first.metadata.name}${more} declares no port named "${entry.name}": for it this entry allows nothing`
            yield { object: policy.object, path: `spec.${direction}[${rule.index}].ports[${i}]`, message }
          }
        }
      }
    }
  },
}

const nodePortHidesClient: LintRule = {
  id: 'nodeport-snat-hides-client',
  level: 'warning',
  summary: "A rule names clients' addresses that the Service's translation hides",
  *check(context) {
    for (const policy of context.engine.policies) {
      for (const rule of policy.ingress ?? []) {
        const block = rule.peers?.findIndex(peer => peer.kind === 'block') ?? -1
        if (block < 0) continue
        const pods = selectedPods(context, policy)
        for (const service of context.services) {
          const { type, selector = {}, externalTrafficPolicy = 'Cluster' } = service.spec
          if (
            (type !== 'NodePort' && type !== 'LoadBalancer') ||
            externalTrafficPolicy === 'Local' ||
            Object.keys(selector).length === 0
          )
            continue
          const behind = pods.find(
            pod => pod.metadata.namespace === service.metadata.namespace && matchesMap(selector, pod.metadata.labels),
          )
          if (behind === undefined) continue
          const message = `Service ${service.metadata.namespace}/${service.metadata.name} (${type}, externalTrafficPolicy Cluster) replaces the client's address by a node's: this block never sees it; externalTrafficPolicy: Local keeps it`
          yield { object: policy.object, path: `spec.ingress[${rule.index}].from[${block}]`, message }
        }
      }
    }
  },
}

const probesRelyOnNode: LintRule = {
  id: 'readiness-probe-relies-on-node-exception',
  level: 'note',
  summary: 'Probes reach the pod only because its own node always may',
  *check(context) {
    for (const policy of context.engine.policies) {
      if (policy.ingress === null || policy.namespace === undefined) continue
      const probed = selectedPods(context, policy).find(pod =>
        pod.spec.containers.some(
          one =>
            one.readinessProbe !== undefined &&
            ('httpGet' in one.readinessProbe || 'tcpSocket' in one.readinessProbe || 'grpc' in one.readinessProbe),
        ),
      )
      if (probed === undefined || policy.ingress.some(rule => rule.peers === null && rule.ports === null)) continue
      const message = `the kubelet probes pod ${probed.metadata.namespace}/${probed.metadata.name} over the network, which no rule allows: it works because traffic from the pod's own node is always allowed`
      yield { object: policy.object, path: 'spec.ingress', message }
    }
  },
}

export const PORT_RULES: readonly LintRule[] = [servicePort, namedPortUnresolved, nodePortHidesClient, probesRelyOnNode]
