/** From a pattern to the tiles that kernels work on, and what they cost. */
export { type CompileOptions, compile } from './compile.ts';
export type { Cost, CostOptions, DenseCost } from './cost.ts';
export { fullTile, type MaskTable, type Pass, type Plan, type PlanGroup, type TileLists } from './plan.ts';
