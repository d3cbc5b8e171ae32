import { blockLocal } from './block-local.ts';
import { mergeFactors } from './or.ts';
import type { Pattern } from './pattern.ts';
import { checkSummary, type SummaryOptions, summary, summaryName } from './summary.ts';

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
export function fixed({ block, summary: columns, slot = 0, causal = true }: SummaryOptions): Pattern {
  const options = { block, summary: columns, slot, causal };
  checkSummary('fixed', options);
  return mergeFactors(summaryName('fixed', options), { kind: 'fixed', ...options }, [
    blockLocal({ block, causal }),
    summary(options),
  ]);
}
