/**
 * The ops of a sparse transformer on any TensorFlow.js backend, with exact gradients.
 *
 * Importing this package also registers the gradients of TensorFlow.js's own ops, which are missing in Node otherwise.
 * It never registers or selects a backend.
 *
 * @packageDocumentation
 */
import './stock-gradients.ts';

export type { AdamWSettings } from './adam-w/numbers.ts';
export { adamWNumbers } from './adam-w/numbers.ts';
export type { AdamWParameter } from './adam-w/op.ts';
export { adamWStep } from './adam-w/op.ts';
export type { ReferenceAdamWParameter } from './adam-w/reference.ts';
export { referenceAdamW } from './adam-w/reference.ts';
export { biasQuickGelu } from './bias-quick-gelu/op.ts';
export type { BiasQuickGeluGradients } from './bias-quick-gelu/reference.ts';
export { referenceBiasQuickGelu, referenceBiasQuickGeluGradient } from './bias-quick-gelu/reference.ts';
export type { Clipped } from './clip-by-global-norm/op.ts';
export { clipByGlobalNorm } from './clip-by-global-norm/op.ts';
export type { ReferenceClipped } from './clip-by-global-norm/reference.ts';
export { referenceClipByGlobalNorm } from './clip-by-global-norm/reference.ts';
export { crossEntropy } from './cross-entropy/op.ts';
export { referenceCrossEntropy, referenceCrossEntropyGradient } from './cross-entropy/reference.ts';
export type { Differentiated } from './differentiate.ts';
export { differentiate } from './differentiate.ts';
export type { MaskSource } from './dropout/mask.ts';
export { requireMaskSource } from './dropout/mask.ts';
export { dropout } from './dropout/op.ts';
export { philox } from './dropout/philox.ts';
export { referenceDropout } from './dropout/reference.ts';
export { embedding } from './embedding/op.ts';
export { referenceEmbedding, referenceEmbeddingGradient } from './embedding/reference.ts';
export type { BadIndex } from './indices.ts';
export { indexError } from './indices.ts';
export type { LayerNormOptions } from './layer-norm/op.ts';
export { layerNorm } from './layer-norm/op.ts';
export type { LayerNormGradients, LayerNormSizes } from './layer-norm/reference.ts';
export { referenceLayerNorm, referenceLayerNormGradient } from './layer-norm/reference.ts';
export { linear } from './linear/op.ts';
export type { LinearGradients, LinearSizes } from './linear/reference.ts';
export { referenceLinear, referenceLinearGradient } from './linear/reference.ts';
export { quickGelu } from './quick-gelu/op.ts';
export { referenceQuickGelu, referenceQuickGeluGradient } from './quick-gelu/reference.ts';
export type { RecomputedInputs } from './recompute/op.ts';
export { recompute } from './recompute/op.ts';
export { addScaledRow, dotOfRows } from './rounded-loops.ts';
export type { Rounding } from './rounding.ts';
export { exact } from './rounding.ts';
export type {
  SparseAttentionAttributes,
  SparseAttentionGradientInputs,
  SparseAttentionInputs,
} from './sparse-attention/attributes.ts';
export type { SparseAttentionOptions, SparseAttentionOutput } from './sparse-attention/op.ts';
export { sparseAttention } from './sparse-attention/op.ts';
export type {
  SparseAttentionGradients,
  SparseAttentionResult,
  SparseAttentionSizes,
  SparseAttentionValues,
} from './sparse-attention/reference.ts';
export { referenceSparseAttention, referenceSparseAttentionGradient } from './sparse-attention/reference.ts';
