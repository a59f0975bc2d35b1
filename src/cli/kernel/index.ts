/** Experiments in network namespaces of the real kernel and in the simulator, compared. */
export { KernelAgent } from './agent.ts'
export { compareWorlds, stopComparing } from './compare-worlds.ts'
export type { Comparison, Difference, Experiment, Observation, Step, StepObservation } from './experiment.ts'
export { checkMachine } from './trace/check-kernel.ts'
export { kernelText } from './trace/kernel-text.ts'
export { type KernelReport, traceInKernel } from './trace/trace-in-kernel.ts'
