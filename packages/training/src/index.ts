export type { SavedTensor } from './checkpoints/index.ts';
export {
  type Checkpoint,
  CheckpointError,
  type CheckpointPlace,
  latestCheckpoint,
  listCheckpoints,
  type NotRemoved,
  type ReadCheckpointOptions,
  readCheckpoint,
  type WriteCheckpointOptions,
  type WrittenCheckpoint,
  writeCheckpoint,
} from './checkpoints/index.ts';
export { TrainingError } from './errors.ts';
export {
  bitsPerByte,
  type RunningMean,
  runningMean,
  type ThroughputMeter,
  throughputMeter,
} from './metrics.ts';
export type { Optimizer } from './optimizers/index.ts';
export {
  type AdafactorOptions,
  type AdamWOptions,
  accumulateGradients,
  adafactor,
  adamW,
  type ClippedGradients,
  clipByGlobalNorm,
  type Schedule,
  type ValueAndGradients,
  valueAndGradients,
  type WarmupCosineOptions,
  type WeightAverage,
  type WeightAverageOptions,
  warmupCosine,
  weightAverage,
} from './optimizers/index.ts';
export {
  type CheckpointFileSystem,
  type EntryKind,
  fileSystemIn,
  type LockHolder,
  listInside,
  lockRun,
  lookInside,
  makeFolders,
  nodeFileSystem,
  type OpenMode,
  openInside,
  openRegular,
  RunFolderError,
  type RunLock,
  RunLockedError,
  readInside,
  removeEmptyFolders,
} from './run-folder/index.ts';
