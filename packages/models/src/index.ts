/**
 * The sparse transformer, its config, its weights in safetensors, and decoding with cached keys and values.
 *
 * @packageDocumentation
 */
export { type Choice, checkChoice, chooseToken } from './choose-token.ts';
export {
  type AttentionPositionsConfig,
  ConfigError,
  checkConfig,
  configFromJSON,
  configToJSON,
  type ImagePositionsConfig,
  type PositionsConfig,
  type SparseTransformerConfig,
  type SparseTransformerConfigJSON,
} from './config.ts';
export { countParameters } from './count-parameters.ts';
export { createDecoder, type Decoder, type OpenedSequence, type Sequence } from './decoder.ts';
export { type GenerateOptions, generate } from './generate.ts';
export {
  type DecodedSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  expectTensors,
  type Float32TensorData,
  type Int32TensorData,
  SafetensorsError,
  type TensorData,
} from './safetensors.ts';
export { type SamplingPlace, samplingNumber } from './sampling-number.ts';
export {
  type DropoutStep,
  type ForwardOptions,
  patternOfLayer,
  type SparseTransformer,
  type SparseTransformerParts,
  sparseTransformer,
} from './sparse-transformer.ts';
export { loadWeights, saveWeights } from './weights.ts';
