export { type LabNamespace, type LabOptions, type LabPlan, planLab, segmentNamespace } from './lab-plan.ts'
export { type LabFile, type LabInput, type LabProbe, renderLab } from './render-lab.ts'
export { selectPods } from './select-part.ts'
export { sysctlPath } from './sysctl-lines.ts'
