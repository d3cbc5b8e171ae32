/**
 * Samples from trained sparse transformers: what is behind the command `sparse-sample`.
 *
 * @packageDocumentation
 */
export { SamplerError } from './sampler-error.ts';
export { buildModel, bundledModel, readModel, type SavedModel } from './saved-model.ts';
