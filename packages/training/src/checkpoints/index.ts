/** Checkpoints: written whole or not at all. */
export { CheckpointError, isNotFound } from './checkpoint-error.ts';
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
export {
  downloadTensors,
  isSameShape,
  readCount,
  readTensors,
  type SavedTensor,
  savedCount,
  uploadVariable,
} from './saved-tensor.ts';
