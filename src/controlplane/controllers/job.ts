import { nameSuffix } from '../random-source.ts'
import type { Job, Pod } from '../types/index.ts'
import { PodClaims } from './claim-pods.ts'
import type { Controller, ControllerContext } from './context.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { isActive, isReady } from './pod-state.ts'
import { writeStatus } from './write-status.ts'

/** Starts a Job's pods; they run on, since nothing here ends a container. Finished pods of a dump count as they should. */
export const jobController: Controller = context => {
  const claims = new PodClaims(context)
  for (const job of context.store.snapshot().list('Job') as readonly Job[]) {
    if (job.metadata.deletionTimestamp !== undefined) continue
    const pods = claims.of(job, job.spec.manualSelector === true ? job.spec.selector : undefined)
    const active = pods.filter(isActive)
    const succeeded = pods.filter(pod => pod.status?.phase === 'Succeeded').length
    const failed = pods.filter(pod => pod.status?.phase === 'Failed').length
    if (!hasEnded(job)) createPods(context, job, pods, active.length, succeeded)
    if (hasEnded(job)) continue
    writeStatus(context, job, { active: active.length, ready: active.filter(isReady).length, succeeded, failed })
  }
}

function hasEnded(job: Job): boolean {
  return (
    job.status?.conditions?.some(one => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True') ===
    true
  )
}

function createPods(
  context: ControllerContext,
  job: Job,
  pods: readonly Pod[],
  active: number,
  succeeded: number,
): void {
  const { parallelism = 1, completions, suspend, completionMode } = job.spec
  if (suspend === true) return
  const goal = completions === undefined ? (succeeded > 0 ? 0 : parallelism) : Math.max(0, completions - succeeded)
  const { name, namespace = 'default', uid = '' } = job.metadata
  const labels = {
    'batch.kubernetes.io/job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'controller-uid': uid,
  }
  const INDEX = 'batch.kubernetes.io/job-completion-index'
  const started = new Set(pods.map(pod => pod.metadata.labels?.[INDEX]))
  for (let index = 0, missing = Math.min(parallelism, goal) - active; missing > 0; index++) {
    const indexed = completionMode === 'Indexed'
    if (indexed && started.has(String(index))) continue
    const prefix = indexed ? `${name}-${index}` : name
    const podName = `${prefix}-${nameSuffix(context.random, `${namespace}/${name}/job/${index}`)}`
    if (context.store.get('Pod', namespace, podName) !== undefined) continue
    const extra = indexed ? { ...labels, [INDEX]: String(index) } : labels
    context.store.apply(podFromTemplate(job, job.spec.template, podName, { labels: extra }))
    missing--
  }
}
