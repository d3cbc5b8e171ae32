/** What a run is, as plain data: its fields, its schema, and the model that it describes. */
export { modelConfigOf } from './model-config.ts';
export type {
  LayerSetting,
  PatternSetting,
  RepeatedSetting,
} from './pattern-setting.ts';
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
export { fieldNames, parseRunConfig, setFields } from './run-config-schema.ts';
