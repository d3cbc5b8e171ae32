/** Sparse attention patterns, and the plans of tiles that they compile into. */
export { and } from './and.ts';
export { blockLocal } from './block-local.ts';
export { column } from './column.ts';
export { type CompileOptions, compile } from './compile.ts';
export type { Cost, CostOptions, DenseCost } from './cost.ts';
export { type DistinctSlotsOptions, distinctSlots } from './distinct-slots.ts';
export { type DrawOptions, draw } from './draw.ts';
export { PatternError } from './errors.ts';
export { fixed } from './fixed.ts';
export { fromJSON } from './from-json.ts';
export { causal, full } from './full.ts';
export type {
  BlockLocalSpec,
  ColumnSpec,
  CombinedSpec,
  FullSpec,
  LocalSpec,
  PatternJSON,
  PatternSpec,
  StridedSpec,
  SummarySpec,
} from './json-form.ts';
export { local } from './local.ts';
export { or } from './or.ts';
export type { Pattern } from './pattern.ts';
export { perHead } from './per-head.ts';
export { fullTile, type MaskTable, type Pass, type Plan, type PlanGroup, type TileLists } from './plan.ts';
export { predicate } from './predicate.ts';
export type { QueryRows, RangeFormula, Ranges } from './range.ts';
export { strided } from './strided.ts';
export { type SummaryOptions, summary } from './summary.ts';
export type { AllKeys, ColumnKeys, KeySet, ResidueKeys, Term } from './term.ts';
export { type SvgOptions, toSvg } from './to-svg.ts';
