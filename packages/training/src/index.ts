export { type AdamW, type AdamWOptions, adamW, type OptimizerTensor } from './adam-w.ts';
export { type ClippedGradients, clipByGlobalNorm } from './clip-by-global-norm.ts';
export { TrainingError } from './errors.ts';
export {
  bitsPerByte,
  type RunningMean,
  runningMean,
  type ThroughputMeter,
  throughputMeter,
} from './metrics.ts';
export { type ValueAndGradients, valueAndGradients } from './value-and-gradients.ts';
export { type Schedule, type WarmupCosineOptions, warmupCosine } from './warmup-cosine.ts';
