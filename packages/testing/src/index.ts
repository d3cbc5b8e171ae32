/**
 * What a user of attention ops needs for their own tests: a dense float64 oracle, a gradient check for any tfjs op,
 * tolerances that come from data, a leak check, and the conformance suites that every implementation must satisfy.
 * No test runner is needed: suites are lists of named facts.
 *
 * @packageDocumentation
 */
export { adamWConformance } from './adam-w-conformance.ts';
export type { AttentionImplementation, AttentionTensors } from './attention-conformance.ts';
export { attentionConformance } from './attention-conformance.ts';
export { biasQuickGeluConformance } from './bias-quick-gelu-conformance.ts';
export type { CheckGradientsOptions, TensorFunction } from './check-gradients.ts';
export { checkGradients } from './check-gradients.ts';
export { clipByGlobalNormConformance } from './clip-by-global-norm-conformance.ts';
export { crossEntropyConformance } from './cross-entropy-conformance.ts';
export type { AttentionCall, AttentionInputs, AttentionOutputs, AttentionSizes } from './dense-attention.ts';
export { denseAttention } from './dense-attention.ts';
export type { AttentionCotangents, AttentionGradients } from './dense-attention-gradient.ts';
export { denseAttentionGradient } from './dense-attention-gradient.ts';
export type { NumberFunction } from './differences.ts';
export { dropoutConformance } from './dropout-conformance.ts';
export { embeddingConformance } from './embedding-conformance.ts';
export type { Fact } from './fact.ts';
export { layerNormConformance } from './layer-norm-conformance.ts';
export { expectNoLeaks } from './leaks.ts';
export { linearConformance } from './linear-conformance.ts';
export { quickGeluConformance } from './quick-gelu-conformance.ts';
export type { Random } from './random.ts';
export { randomFrom } from './random.ts';
export type { Computations } from './tolerance.ts';
export { errorWithin } from './tolerance.ts';
