import { defaultPod } from '../defaults/default-pod.ts'
import type { KubeObject, Pod, PodSpec, PodTemplateSpec } from '../types/index.ts'
import { controllerReference } from './owner.ts'

export interface PodExtras {
  readonly labels?: Readonly<Record<string, string>>
  readonly spec?: Partial<PodSpec>
}

/** The pod that a workload controller makes from its template. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  name: string,
  extras: PodExtras = {},
): Pod {
  const { labels, annotations } = template.metadata ?? {}
  return defaultPod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? 'default',
      labels: { ...labels, ...extras.labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...template.spec, ...extras.spec },
  })
}
