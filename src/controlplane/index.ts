export { ControlPlane, type ControlPlaneOptions, createControlPlane } from './control-plane.ts'
export {
  type AssignPodIP,
  internalIPs,
  lowestFreeAddress,
  podAddresses,
  podCIDRs,
  READY_ANNOTATION,
  resolvePorts,
  targetPort,
} from './controllers/index.ts'
export { applyDefaults } from './defaults/index.ts'
export { type FieldPath, formatPath, parsePath } from './field-path.ts'
export { builtInKind, builtInKinds, type KindInfo, knownKind, tableName } from './kinds.ts'
export type { LoadLimits, ManifestInput } from './load/index.ts'
export { didYouMean } from './names.ts'
export { parseQuantity } from './quantity.ts'
export { createRandomSource, type RandomSource } from './random-source.ts'
export { matchesMap, matchesSelector } from './selectors.ts'
export { type ClusterShape, type NodeShape, type ResolvedShape, resolveShape } from './shape.ts'
export type { Snapshot } from './snapshot.ts'
export { snapshotOf } from './snapshot-of.ts'
export { type Change, Store } from './store/index.ts'
export type * from './types/index.ts'
export { apiMessage, type FieldError, userMessage, validate } from './validate/index.ts'
export { WARNINGS, type Warning, type WarningCode } from './warning.ts'
