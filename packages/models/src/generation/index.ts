/** Choosing tokens, and going on with texts. */
export { type Choice, checkChoice, chooseToken } from './choose-token.ts';
export { type GenerateOptions, generate } from './generate.ts';
export { type SamplingPlace, samplingNumber } from './sampling-number.ts';
