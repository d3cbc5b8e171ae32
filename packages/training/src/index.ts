export { accumulateGradients } from './accumulate-gradients.ts';
export { type AdafactorOptions, adafactor } from './adafactor.ts';
export { type AdamWOptions, adamW } from './adam-w.ts';
export { CheckpointError } from './checkpoint-error.ts';
export {
  type Checkpoint,
  type CheckpointPlace,
  latestCheckpoint,
  listCheckpoints,
  type NotRemoved,
  type ReadCheckpointOptions,
  readCheckpoint,
  type WriteCheckpointOptions,
  type WrittenCheckpoint,
  writeCheckpoint,
} from './checkpoints.ts';
export { type ClippedGradients, clipByGlobalNorm } from './clip-by-global-norm.ts';
export { TrainingError } from './errors.ts';
export { type CheckpointFileSystem, fileSystemIn, nodeFileSystem, openRegular } from './file-system.ts';
export {
  type EntryKind,
  listInside,
  lookInside,
  type OpenMode,
  openInside,
  readInside,
} from './inside-folder.ts';
export { type LockHolder, lockRun, type RunLock, RunLockedError } from './lock.ts';
export { makeFolders, removeEmptyFolders } from './make-folders.ts';
export {
  bitsPerByte,
  type RunningMean,
  runningMean,
  type ThroughputMeter,
  throughputMeter,
} from './metrics.ts';
export type { Optimizer } from './optimizer.ts';
export { RunFolderError } from './run-folder-error.ts';
export type { SavedTensor } from './saved-tensor.ts';
export { type ValueAndGradients, valueAndGradients } from './value-and-gradients.ts';
export { type Schedule, type WarmupCosineOptions, warmupCosine } from './warmup-cosine.ts';
export { type WeightAverage, type WeightAverageOptions, weightAverage } from './weight-average.ts';
