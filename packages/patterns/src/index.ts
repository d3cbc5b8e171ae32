/** Sparse attention patterns, and the plans of tiles that they compile into. */

export { type DrawOptions, draw, type SvgOptions, toSvg } from './drawings/index.ts';
export { PatternError } from './errors.ts';
export type {
  BlockLocalSpec,
  ColumnSpec,
  CombinedSpec,
  FullSpec,
  LocalSpec,
  Pattern,
  PatternJSON,
  PatternSpec,
  StridedSpec,
  SummarySpec,
} from './patterns/index.ts';
export {
  and,
  blockLocal,
  causal,
  column,
  type DistinctSlotsOptions,
  distinctSlots,
  fixed,
  fromJSON,
  full,
  local,
  or,
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
