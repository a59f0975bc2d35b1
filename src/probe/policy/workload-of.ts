/** What the name of a workload is found from; every Pod is one. */
interface Owned {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly {
      readonly kind: string
      readonly name: string
      readonly controller?: boolean
    }[]
  }
}

/** What a user deployed: `deploy/web` for the pods of a Deployment's ReplicaSet, `ds/…`, `sts/…`, `job/…`; `pod/…` for a lone pod. */
export function workloadOf(pod: Owned): string {
  const owner = pod.metadata.ownerReferences?.find(one => one.controller === true)
  const namespace = pod.metadata.namespace ?? 'default'
  const hash = pod.metadata.labels?.['pod-template-hash']
  switch (owner?.kind) {
    case 'ReplicaSet': {
      const ofDeployment = hash !== undefined && owner.name.endsWith(`-${hash}`)
      return ofDeployment
        ? `${namespace}/deploy/${owner.name.slice(0, -hash.length - 1)}`
        : `${namespace}/rs/${owner.name}`
    }
    case 'DaemonSet':
      return `${namespace}/ds/${owner.name}`
    case 'StatefulSet':
      return `${namespace}/sts/${owner.name}`
    case 'Job':
      return `${namespace}/job/${owner.name}`
    default:
      return `${namespace}/pod/${pod.metadata.name}`
  }
}
