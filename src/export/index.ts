export { type LabNamespace, type LabPlan, planLab, segmentNamespace } from './lab-plan.ts'
export { sysctlPath } from './sysctl-lines.ts'
