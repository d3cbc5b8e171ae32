/** What a run is, as plain data: its fields, its schema, and the model that it describes. */

export { fieldNames, fieldValue, type NamedField, namedFields, setFields } from './field-names.ts';
export { modelConfigOf } from './model-config.ts';
export { parseRunConfig, unknownField } from './parse-run-config.ts';
export type {
  LayerSetting,
  PatternSetting,
  RepeatedSetting,
} from './pattern-setting.ts';
export type {
  CheckpointConfig,
  ModelConfig,
  RunConfig,
  SamplesConfig,
  TrainingConfig,
  ValidationConfig,
} from './run-config.ts';
export { sectionWords } from './run-config.ts';
