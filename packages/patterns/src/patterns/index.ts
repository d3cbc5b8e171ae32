/** The patterns: one file a kind, what all of them offer, and their saved form. */
export { and } from './and.ts';
export { blockLocal } from './block-local.ts';
export { column } from './column.ts';
export { type DistinctSlotsOptions, distinctSlots } from './distinct-slots.ts';
export type { OtherField, PatternField, PatternKind } from './fields.ts';
export { fixed } from './fixed.ts';
export { fromForm, fromJSON } from './from-json.ts';
export { causal, full } from './full.ts';
export type {
  PatternJSON,
  PatternSpec,
} from './json-form.ts';
export { type PatternForm, patternKinds } from './kinds.ts';
export { local } from './local.ts';
export { or } from './or.ts';
export type { Pattern } from './pattern.ts';
export { perHead } from './per-head.ts';
export { predicate } from './predicate.ts';
export { strided } from './strided.ts';
export { type SummaryOptions, summary } from './summary.ts';
