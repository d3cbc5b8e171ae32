/**
 * Trains sparse transformers: the loop, run folders and configurations behind the command `sparse-train`.
 *
 * @packageDocumentation
 */
export type { BestValidation, TrainingState } from './checkpoint-files.ts';
export { configs } from './configs.ts';
export type { StepMetrics, ValidationMetrics } from './metrics-file.ts';
export type {
  BlockLocalSetting,
  ColumnSetting,
  CombinedSetting,
  FullSetting,
  LayerSetting,
  LocalSetting,
  PatternSetting,
  RepeatedSetting,
  StridedSetting,
  SummarySetting,
} from './pattern-setting.ts';
export {
  type ResumeRequest,
  type Run,
  type RunIdentity,
  resumeRun,
  type StartRequest,
  startRun,
} from './run.ts';
export type {
  AudioDataConfig,
  CheckpointConfig,
  DataConfig,
  ImageDataConfig,
  ModelConfig,
  PositionsSetting,
  RunConfig,
  SamplesConfig,
  TextDataConfig,
  TrainingConfig,
  ValidationConfig,
} from './run-config.ts';
export type { EventValue } from './tensorboard/event.ts';
export { type EventFile, openEventFile } from './tensorboard/event-file.ts';
export { type Outcome, type TrainOptions, train } from './train.ts';
export { TrainerError } from './trainer-error.ts';
