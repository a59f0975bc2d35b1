import type { Controller } from './context.ts'
import { daemonSetController } from './daemon-set.ts'
import { deploymentController } from './deployment.ts'
import { endpointSliceController } from './endpoint-slice.ts'
import { endpointsController } from './endpoints.ts'
import { endpointsMirroringController } from './endpoints-mirroring.ts'
import { jobController } from './job.ts'
import { kubelet } from './kubelet.ts'
import { namespaceController } from './namespace.ts'
import { nodeIpamController } from './node-ipam.ts'
import { nodePortController } from './node-port.ts'
import { replicaSetController } from './replica-set.ts'
import { scheduler } from './scheduler/index.ts'
import { serviceIpController } from './service-ip.ts'
import { statefulSetController } from './stateful-set.ts'

/** All controllers, in the order in which one round runs them: causes before effects, so that few rounds are needed. */
export const CONTROLLERS: readonly Controller[] = [
  namespaceController,
  nodeIpamController,
  serviceIpController,
  nodePortController,
  deploymentController,
  replicaSetController,
  daemonSetController,
  statefulSetController,
  jobController,
  scheduler,
  kubelet,
  endpointSliceController,
  endpointsController,
  endpointsMirroringController,
]

export { lowestFreeAddress } from './assign-pod-ip.ts'
export type { AssignPodIP, Controller, ControllerContext } from './context.ts'
export { MANAGED_BY, SERVICE_NAME, SLICE_MANAGER } from './endpoint-slice.ts'
export { internalIPs, READY_ANNOTATION } from './kubelet.ts'
export { naturalOrder } from './natural-order.ts'
export { podCIDRs } from './node-ipam.ts'
export { podAddresses } from './pod-state.ts'
export { resolvePorts, targetPort } from './service-endpoints.ts'
