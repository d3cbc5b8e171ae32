/**
 * Trains sparse transformers: the loop, run folders and configurations behind the command `sparse-train`.
 *
 * @packageDocumentation
 */

export { type CompareOptions, compareAsHtml, compareAsSvg } from './compare/index.ts';
export { configs } from './configs/index.ts';
export type {
  CheckpointConfig,
  LayerSetting,
  ModelConfig,
  PatternSetting,
  RepeatedSetting,
  RunConfig,
  SamplesConfig,
  TrainingConfig,
  ValidationConfig,
} from './configuration/index.ts';
export type { DataPlaces, RunData, SplitName } from './data/index.ts';
export type { AudioDataConfig, DataConfig, ImageDataConfig, TextDataConfig } from './data-kinds/index.ts';
export type { Flops, ParameterCounts, TrainingMemory } from './estimate/index.ts';
export {
  denseTwin,
  type Estimate,
  estimateRun,
  type Probe,
  type ProbeOptions,
  probe,
  refuseBeyondMemory,
} from './estimate/index.ts';
export { DiskFullError, DivergedError, TrainerError } from './messages/index.ts';
export type { CurveBase } from './report/index.ts';
export {
  reportFile,
  reportOf,
  type Session,
  type SessionSource,
  type SkippedCount,
  sessionFile,
  sessionLine,
  writeReport,
} from './report/index.ts';
export type {
  BestValidation,
  ConfigChange,
  Learner,
  RunIdentity,
  SoundCheckpoint,
  StepMetrics,
  TrainingState,
  ValidationMetrics,
} from './run-folder/index.ts';
export { nodeRunFileSystem, type RunFileSystem } from './run-folder/index.ts';
export type { AudioValue, EventValue, ImageValue, ScalarValue, TextValue } from './tensorboard/index.ts';
export { type EventFile, openEventFile } from './tensorboard/index.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type Outcome,
  type PartialEvaluation,
  type ResumeRequest,
  type Run,
  resumeRun,
  type StartRequest,
  startRun,
  type TrainOptions,
  train,
} from './training/index.ts';
