/** The sparse transformer: its config, its forward pass, its weights. */
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
export {
  type DropoutStep,
  type ForwardOptions,
  patternOfLayer,
  type SparseTransformer,
  type SparseTransformerParts,
  sparseTransformer,
} from './sparse-transformer.ts';
export { loadWeights, saveWeights } from './weights.ts';
