/** The folder of a run: what lies where, and how it is read and written. */
export {
  type BestValidation,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeJson,
  type Learner,
  modelOf,
  type SavedRun,
  type SoundCheckpoint,
  type TrainingState,
} from './checkpoint-files.ts';
export { fieldsOf, type Kept, linesOf } from './line-file.ts';
export { type StepMetrics, stepsFile, type ValidationMetrics, validationsFile } from './metrics-file.ts';
export { openCheckpoint } from './open-checkpoint.ts';
export {
  diskError,
  makeOutFolder,
  nodeRunFileSystem,
  type RunFileSystem,
  runFileSystemIn,
  writeWholeFile,
  writeWholeFolder,
} from './run-files.ts';
export {
  type ConfigChange,
  changedIdentity,
  encodeIdentity,
  identityFile,
  type RunIdentity,
  readIdentity,
} from './run-identity.ts';
export { keptLines, openRunLog, type RunLog } from './run-log.ts';
export { checkStartFolder, type StartFolder, takeStartFolder } from './start-folder.ts';
