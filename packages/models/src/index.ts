/**
 * The sparse transformer, its config, its weights in safetensors, and decoding with cached keys and values.
 *
 * @packageDocumentation
 */

export { createDecoder, type Decoder, type OpenedSequence, type Sequence } from './decoding/index.ts';
export {
  type Choice,
  checkChoice,
  chooseToken,
  type GenerateOptions,
  generate,
  type SamplingPlace,
  samplingNumber,
} from './generation/index.ts';
export {
  type DecodedSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  expectTensors,
  type Float32TensorData,
  type Int32TensorData,
  SafetensorsError,
  type TensorData,
} from './safetensors/index.ts';
export {
  type AttentionPositionsConfig,
  ConfigError,
  checkConfig,
  configFromJSON,
  configToJSON,
  countParameters,
  type DropoutStep,
  type ForwardOptions,
  type ImagePositionsConfig,
  loadWeights,
  type PositionsConfig,
  patternOfLayer,
  type SparseTransformer,
  type SparseTransformerConfig,
  type SparseTransformerConfigJSON,
  type SparseTransformerParts,
  saveWeights,
  sparseTransformer,
} from './sparse-transformer/index.ts';
