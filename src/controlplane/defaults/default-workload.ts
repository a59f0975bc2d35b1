import type { CronJob, DaemonSet, Deployment, Job, PodTemplateSpec, ReplicaSet, StatefulSet } from '../types/index.ts'
import { defaultTemplate } from './default-pod.ts'

type WithTemplate = { readonly template: PodTemplateSpec }

/** Present fields stay; the template's pod gets a pod's defaults. A missing template is left to validation. */
function fill<S extends WithTemplate>(defaults: Partial<S>, spec: S): S {
  return { ...defaults, ...spec, ...(spec.template === undefined ? {} : { template: defaultTemplate(spec.template) }) }
}

export function defaultDeployment(deployment: Deployment): Deployment {
  const { spec } = deployment
  if (spec === undefined) return deployment
  const type = spec.strategy?.type ?? 'RollingUpdate'
  const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...spec.strategy?.rollingUpdate }
  const strategy = type === 'RollingUpdate' ? { ...spec.strategy, type, rollingUpdate } : { ...spec.strategy, type }
  return { ...deployment, spec: { ...fill<Deployment['spec']>({ replicas: 1 }, spec), strategy } }
}

export function defaultReplicaSet(replicaSet: ReplicaSet): ReplicaSet {
  return replicaSet.spec === undefined
    ? replicaSet
    : { ...replicaSet, spec: fill<ReplicaSet['spec']>({ replicas: 1 }, replicaSet.spec) }
}

export function defaultDaemonSet(daemonSet: DaemonSet): DaemonSet {
  return daemonSet.spec === undefined ? daemonSet : { ...daemonSet, spec: fill({}, daemonSet.spec) }
}

export function defaultStatefulSet(set: StatefulSet): StatefulSet {
  if (set.spec === undefined) return set
  return { ...set, spec: fill<StatefulSet['spec']>({ replicas: 1, podManagementPolicy: 'OrderedReady' }, set.spec) }
}

export function defaultJob(job: Job): Job {
  return job.spec === undefined ? job : { ...job, spec: defaultJobSpec(job.spec) }
}

export function defaultCronJob(cron: CronJob): CronJob {
  const inner = cron.spec?.jobTemplate?.spec
  if (inner === undefined) return cron
  const jobTemplate = { ...cron.spec.jobTemplate, spec: defaultJobSpec(inner) }
  return { ...cron, spec: { suspend: false, ...cron.spec, jobTemplate } }
}

/** `completions` and `parallelism` are 1 together; with only `parallelism` the job is a work queue without a goal. */
function defaultJobSpec(spec: Job['spec']): Job['spec'] {
  const alone = spec.completions === undefined && spec.parallelism === undefined
  const counts = alone ? { completions: 1, parallelism: 1 } : { parallelism: 1 }
  return fill<Job['spec']>({ ...counts, completionMode: 'NonIndexed', suspend: false }, spec)
}
