/** What a run will take, before it is begun. */
export { denseTwin, type Estimate, estimateRun } from './estimate.ts';
export type { Flops } from './flops.ts';
export { type ParameterCounts, type TrainingMemory, trainingMemory } from './memory.ts';
export { memoryLimitOf, refuseBeyondMemory } from './memory-limit.ts';
export { type Probe, type ProbeOptions, probe } from './probe.ts';
export { type Column, estimateTable } from './table.ts';
export { assumedVocabulary, dependsOnData } from './vocabulary.ts';
