import { blockLocal } from './block-local.ts';
import type { PatternKind } from './fields.ts';
import { mergeFactors } from './or.ts';
import type { Pattern } from './pattern.ts';
import { completedSummary, type SummaryOptions, summary, summaryFields } from './summary.ts';

/** `fixed` as data. */
export const fixedKind = {
  kind: 'fixed',
  meaning: "The query's own block, and the last columns of each block: the paper's fixed pattern.",
  fields: summaryFields,
  make: fixed,
} as const satisfies PatternKind;

/**
 * The paper's fixed pattern, merged (section 4.2, equation 7): the query's own block, and the summary columns of all blocks.
 * key ≤ query, and ⌊key ÷ block⌋ = ⌊query ÷ block⌋ or key in a summary column. `factors`: blockLocal, summary.
 * The paper takes blocks of 128 or 256 with 8 to 32 summary columns.
 *
 * ```text
 * block 3, summary 1
 * #.......
 * ##......
 * ###.....
 * ..##....
 * ..###...
 * ..####..
 * ..#..##.
 * ..#..###
 * ```
 *
 * @throws PatternError when a parameter is no whole number in range, or slots don't fit the block.
 */
export function fixed(options: SummaryOptions): Pattern {
  const { values, name, spec } = completedSummary(fixedKind, options);
  const { block, causal } = values;
  return mergeFactors({ name, spec, factors: [blockLocal({ block, causal }), summary(values)] });
}
