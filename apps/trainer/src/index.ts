/**
 * Trains sparse transformers: the loop, run folders and configurations behind the command `sparse-train`.
 *
 * @packageDocumentation
 */
export type { BestValidation, Learner, SoundCheckpoint, TrainingState } from './checkpoint-files.ts';
export { type CompareOptions, compareAsHtml, compareAsSvg } from './compare/compare.ts';
export { configs } from './configs.ts';
export { denseTwin, type Estimate, estimateRun } from './estimate/estimate.ts';
export type { Flops } from './estimate/flops.ts';
export type { ParameterCounts, TrainingMemory } from './estimate/memory.ts';
export { refuseBeyondMemory } from './estimate/memory-limit.ts';
export { type Probe, type ProbeOptions, probe } from './estimate/probe.ts';
export { type EvaluateOptions, type Evaluation, evaluate, type PartialEvaluation } from './evaluate.ts';
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
export type { CurveBase } from './report/curves.ts';
export { reportFile, reportOf, writeReport } from './report/report.ts';
export {
  type Session,
  type SessionSource,
  type SkippedCount,
  sessionFile,
  sessionLine,
} from './report/session.ts';
export { type ResumeRequest, type Run, resumeRun, type StartRequest, startRun } from './run.ts';
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
export type { DataPlaces, RunData, SplitName } from './run-data.ts';
export { nodeRunFileSystem, type RunFileSystem } from './run-files.ts';
export type { ConfigChange, RunIdentity } from './run-identity.ts';
export type { AudioValue, EventValue, ImageValue, ScalarValue, TextValue } from './tensorboard/event.ts';
export { type EventFile, openEventFile } from './tensorboard/event-file.ts';
export { type Outcome, type TrainOptions, train } from './train.ts';
export { DiskFullError, DivergedError, TrainerError } from './trainer-error.ts';
