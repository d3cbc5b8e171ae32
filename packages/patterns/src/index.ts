/** Sparse attention patterns, and the plans of tiles that they compile into. */

export { type DrawOptions, draw, type SvgOptions, toSvg } from './drawings/index.ts';
export { PatternError } from './errors.ts';
export type {
  Pattern,
  PatternJSON,
  PatternSpec,
} from './patterns/index.ts';
export {
  and,
  blockLocal,
  causal,
  column,
  type DistinctSlotsOptions,
  distinctSlots,
  fixed,
  fromForm,
  fromJSON,
  full,
  local,
  type OtherField,
  or,
  type PatternField,
  type PatternForm,
  type PatternKind,
  patternKinds,
  perHead,
  predicate,
  type SummaryOptions,
  strided,
  summary,
} from './patterns/index.ts';
export type { Cost, CostOptions, DenseCost } from './plans/index.ts';
export {
  type CompileOptions,
  compile,
  fullTile,
  type MaskTable,
  type Pass,
  type Plan,
  type PlanGroup,
  type TileLists,
} from './plans/index.ts';
export type {
  AllKeys,
  ColumnKeys,
  KeySet,
  QueryRows,
  RangeFormula,
  Ranges,
  ResidueKeys,
  Term,
} from './terms/index.ts';
