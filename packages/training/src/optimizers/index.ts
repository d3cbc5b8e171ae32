/** Optimizers, and what goes with a step of theirs. */
export { accumulateGradients } from './accumulate-gradients.ts';
export { type AdafactorOptions, adafactor } from './adafactor.ts';
export { type AdamWOptions, adamW } from './adam-w.ts';
export { type ClippedGradients, clipByGlobalNorm } from './clip-by-global-norm.ts';
export type { Optimizer } from './optimizer.ts';
export { type ValueAndGradients, valueAndGradients } from './value-and-gradients.ts';
export { type Schedule, type WarmupCosineOptions, warmupCosine } from './warmup-cosine.ts';
export { type WeightAverage, type WeightAverageOptions, weightAverage } from './weight-average.ts';
