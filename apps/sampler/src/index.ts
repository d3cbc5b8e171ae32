/**
 * Samples from trained sparse transformers: what is behind the command `sparse-sample`.
 *
 * @packageDocumentation
 */
export { type Choice, chooseToken } from './choose-token.ts';
export { type GenerateOptions, generate } from './generate.ts';
export { SamplerError } from './sampler-error.ts';
export { type SamplingPlace, samplingNumber } from './sampling-number.ts';
export { buildModel, readModel, type SavedModel } from './saved-model.ts';
