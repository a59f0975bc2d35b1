import type { PodTemplateSpec } from './core.ts'
import type { Condition, KubeObject, LabelSelector } from './meta.ts'

export interface Deployment extends KubeObject {
  readonly kind: 'Deployment'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
    readonly paused?: boolean
    readonly strategy?: {
      readonly type?: 'RollingUpdate' | 'Recreate'
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string }
    }
  }
  readonly status?: WorkloadStatus
}

export interface ReplicaSet extends KubeObject {
  readonly kind: 'ReplicaSet'
  readonly spec: { readonly replicas?: number; readonly selector: LabelSelector; readonly template: PodTemplateSpec }
  readonly status?: WorkloadStatus
}

export interface DaemonSet extends KubeObject {
  readonly kind: 'DaemonSet'
  readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplateSpec }
  readonly status?: WorkloadStatus
}

export interface StatefulSet extends KubeObject {
  readonly kind: 'StatefulSet'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
    /** The headless Service that gives the pods their DNS names. */
    readonly serviceName?: string
    readonly podManagementPolicy?: 'OrderedReady' | 'Parallel'
    readonly ordinals?: { readonly start?: number }
  }
  readonly status?: WorkloadStatus
}

export interface Job extends KubeObject {
  readonly kind: 'Job'
  readonly spec: {
    readonly parallelism?: number
    readonly completions?: number
    readonly completionMode?: 'NonIndexed' | 'Indexed'
    readonly suspend?: boolean
    readonly selector?: LabelSelector
    readonly manualSelector?: boolean
    readonly template: PodTemplateSpec
  }
  readonly status?: WorkloadStatus
}

/** Stored, never run: there is no wall clock in the simulation. */
export interface CronJob extends KubeObject {
  readonly kind: 'CronJob'
  readonly spec: {
    readonly schedule: string
    readonly suspend?: boolean
    readonly jobTemplate: { readonly spec: Job['spec'] }
  }
}

export interface WorkloadStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly updatedReplicas?: number
  readonly desiredNumberScheduled?: number
  readonly currentNumberScheduled?: number
  readonly numberReady?: number
  readonly numberAvailable?: number
  readonly active?: number
  readonly ready?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly conditions?: readonly Condition[]
}
