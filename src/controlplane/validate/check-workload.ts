import type { FieldPath } from '../field-path.ts'
import { matchesSelector } from '../selectors.ts'
import type { CronJob, Deployment, Job, LabelSelector, Node, PodTemplateSpec } from '../types/index.ts'
import { checkAddress, checkCidr } from './check-address.ts'
import { checkLabels, checkSelector } from './check-meta.ts'
import { checkPodSpec } from './check-pod.ts'
import type { Checker } from './checker.ts'

/** Deployment, ReplicaSet, DaemonSet and StatefulSet: a selector, a template, perhaps a number. */
export function checkWorkload(check: Checker, workload: { readonly spec?: Partial<Deployment['spec']> }): void {
  const { spec } = workload
  if (!check.required(spec, ['spec']) || spec === undefined) return
  check.notNegative(spec.replicas, ['spec', 'replicas'])
  if (check.required(spec.selector, ['spec', 'selector'])) checkSelector(check, spec.selector, ['spec', 'selector'])
  checkTemplate(check, spec.template, ['spec', 'template'])
  checkMatch(check, spec.selector, spec.template)
}

function checkMatch(check: Checker, selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): void {
  if (selector === undefined || template === undefined) return
  const empty = Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
  if (empty) check.invalid(selector, ['spec', 'selector'], 'empty selector is invalid for deployment')
  else if (!matchesSelector(selector, template.metadata?.labels)) {
    const labels = template.metadata?.labels ?? {}
    check.invalid(labels, ['spec', 'template', 'metadata', 'labels'], '`selector` does not match template `labels`')
  }
}

function checkTemplate(check: Checker, template: PodTemplateSpec | undefined, path: FieldPath): void {
  if (!check.required(template, path) || template === undefined) return
  checkLabels(check, template.metadata?.labels, [...path, 'metadata', 'labels'])
  if (check.required(template.spec, [...path, 'spec'])) checkPodSpec(check, template.spec, [...path, 'spec'])
}

export function checkJob(check: Checker, job: { readonly spec?: Partial<Job['spec']> }): void {
  checkJobSpec(check, job, ['spec'])
}

function checkJobSpec(check: Checker, job: { readonly spec?: Partial<Job['spec']> }, path: FieldPath): void {
  if (!check.required(job.spec, path)) return
  check.notNegative(job.spec?.parallelism, [...path, 'parallelism'])
  check.notNegative(job.spec?.completions, [...path, 'completions'])
  checkTemplate(check, job.spec?.template, [...path, 'template'])
}

export function checkCronJob(check: Checker, cron: CronJob): void {
  if (!check.required(cron.spec, ['spec'])) return
  check.required(cron.spec.schedule, ['spec', 'schedule'])
  const path = ['spec', 'jobTemplate']
  if (check.required(cron.spec.jobTemplate, path)) checkJobSpec(check, cron.spec.jobTemplate, [...path, 'spec'])
}

export function checkNode(check: Checker, node: Node): void {
  for (const [i, { type, address }] of (node.status?.addresses ?? []).entries()) {
    if (type === 'InternalIP' || type === 'ExternalIP')
      checkAddress(check, address ?? '', ['status', 'addresses', i, 'address'])
  }
  if ((node.spec?.podCIDR ?? '') !== '') checkCidr(check, node.spec.podCIDR ?? '', ['spec', 'podCIDR'])
  for (const [i, cidr] of (node.spec?.podCIDRs ?? []).entries()) checkCidr(check, cidr, ['spec', 'podCIDRs', i])
  for (const [i, taint] of (node.spec?.taints ?? []).entries()) {
    check.required(taint.key, ['spec', 'taints', i, 'key'])
    check.oneOf(taint.effect ?? '', ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], ['spec', 'taints', i, 'effect'])
  }
}
