import type { LintRule } from './lint-rule.ts'
import { peersOf } from './selector-rules.ts'

/** Blocks that name everything are meant to; only narrower ones are looked at. */
const WIDE = 1

const ipBlockOverlapsPods: LintRule = {
  id: 'ipblock-overlaps-pod-cidr',
  level: 'warning',
  summary: 'A block overlaps the range of the pods, of which implementations disagree whether it counts',
  *check({ engine, podSubnets }) {
    for (const policy of engine.policies) {
      for (const { peer, path } of peersOf(policy)) {
        if (peer.kind !== 'block' || peer.cidr.length < WIDE) continue
        const hit = podSubnets.find(one => one.overlaps(peer.cidr) && !peer.except.some(except => except.covers(one)))
        if (hit === undefined) continue
        const message = `${peer.cidr} overlaps the pods' range ${hit}: pod addresses come and go, and Cilium does not compare blocks with pods; select pods by labels`
        yield { object: policy.object, path, message }
      }
    }
  },
}

const exceptHasNoEffect: LintRule = {
  id: 'except-has-no-effect',
  level: 'warning',
  summary: 'What a block excepts is allowed by another peer or rule',
  *check({ engine }) {
    for (const policy of engine.policies) {
      for (const { peer, path } of peersOf(policy)) {
        if (peer.kind !== 'block') continue
        for (const [i, except] of peer.except.entries()) {
          const own = path.replace(/\.(?:from|to)\[.*$/, '')
          for (const other of peersOf(policy)) {
            // Peers of the same rule share its ports.
            if (other.peer === peer || other.path.replace(/\.(?:from|to)\[.*$/, '') !== own) continue
            const allows =
              other.peer.kind === 'block' &&
              other.peer.cidr.covers(except) &&
              !other.peer.except.some(one => one.overlaps(except))
            if (!allows) continue
            yield {
              object: policy.object,
              path: `${path}.ipBlock.except[${i}]`,
              message: `${except} is excepted here and allowed by ${other.path}: peers are added up, except takes nothing from others`,
            }
          }
        }
      }
    }
  },
}

const internetOpen: LintRule = {
  id: 'internet-open',
  level: 'warning',
  summary: 'A rule lets every address outside in',
  *check({ engine }) {
    for (const policy of engine.policies) {
      for (const rule of policy.ingress ?? []) {
        if (rule.action !== 'accept' || rule.peers === null) continue
        const wide = rule.peers.findIndex(peer => peer.kind === 'block' && peer.cidr.length === 0)
        if (wide < 0) continue
        const ports = rule.ports === null ? ' on every port' : ''
        yield {
          object: policy.object,
          path: `spec.ingress[${rule.index}].from[${wide}]`,
          message: `every address${ports} may open connections to the selected pods`,
        }
      }
    }
  },
}

const allowAllByEmptyRule: LintRule = {
  id: 'allow-all-by-empty-rule',
  level: 'warning',
  summary: 'An empty rule allows everything, also from outside',
  *check({ engine }) {
    for (const policy of engine.policies) {
      if (policy.namespace === undefined) continue
      for (const direction of ['ingress', 'egress'] as const) {
        for (const rule of policy[direction] ?? []) {
          if (rule.peers !== null || rule.ports !== null) continue
          const word = direction === 'ingress' ? 'from everybody' : 'to everybody'
          yield {
            object: policy.object,
            path: `spec.${direction}[${rule.index}]`,
            message: `a rule without ${direction === 'ingress' ? 'from' : 'to'} and ports allows everything ${word}, inside and outside the cluster; no rule at all would deny everything`,
          }
        }
      }
    }
  },
}

export const BLOCK_RULES: readonly LintRule[] = [
  ipBlockOverlapsPods,
  exceptHasNoEffect,
  internetOpen,
  allowAllByEmptyRule,
]
