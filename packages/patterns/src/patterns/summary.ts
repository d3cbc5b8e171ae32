import { checkBoolean, checkSize, PatternError } from '../errors.ts';
import { band } from '../terms/index.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** The parameters of `summary` and `fixed`. */
export interface SummaryOptions {
  /** Keys in a block: the paper's l. */
  block: number;
  /** Summary columns of a block: the paper's c. */
  summary: number;
  /** Which `summary`-wide part of the block, counted from its end: 0 is the last. Heads do better with distinct slots (section 4.2). */
  slot?: number;
  /** False: later blocks' summaries are seen too. */
  causal?: boolean;
}

/**
 * The last `summary` columns of each block: block − (slot + 1)·summary ≤ key mod block < block − slot·summary, key ≤ query.
 * The paper's A⁽²⁾ of its fixed pattern (section 4.2). Queries before the first summary column see no key.
 *
 * ```text
 * block 4, summary 1     slot 1
 * ........               ........
 * ........               ........
 * ........               ..#.....
 * ...#....               ..#.....
 * ...#....               ..#.....
 * ...#....               ..#.....
 * ...#....               ..#...#.
 * ...#...#               ..#...#.
 * ```
 *
 * @throws PatternError when a parameter is no whole number in range, or slots don't fit the block.
 */
export function summary({ block, summary, slot = 0, causal = true }: SummaryOptions): Pattern {
  checkSummary('summary', { block, summary, slot, causal });
  const first = block - (slot + 1) * summary;
  const isSummary = (key: number) => key % block >= first && key % block < first + summary;
  return definePattern({
    name: summaryName('summary', { block, summary, slot, causal }),
    causal,
    spec: { kind: 'summary', block, summary, slot, causal },
    terms: [
      {
        name: 'summary',
        keySet: summary === block ? { kind: 'all' } : { kind: 'columns', block, first, columns: summary },
        ranges: band(causal ? 0 : -Infinity, Infinity),
      },
    ],
    allows: (query, key) => (!causal || key <= query) && isSummary(key),
    lastQuery: (key) => (isSummary(key) ? Infinity : -1),
  });
}

/** Refuses parameters of `summary` or `fixed` that make no sense. */
export function checkSummary(
  where: string,
  { block, summary, slot, causal }: Required<SummaryOptions>,
): void {
  checkSize(where, 'block', block);
  checkSize(where, 'summary', summary);
  checkSize(where, 'slot', slot, 0);
  checkBoolean(where, 'causal', causal);
  if ((slot + 1) * summary > block) {
    throw new PatternError(
      `${where}: slot ${slot} of ${summary} columns doesn't fit a block of ${block}: ` +
        `\`(slot + 1) · summary\` must be at most \`block\`, but it is ${(slot + 1) * summary}.`,
    );
  }
}

/** The name of a `summary` or `fixed` pattern, without what is default. */
export function summaryName(
  where: string,
  { block, summary, slot, causal }: Required<SummaryOptions>,
): string {
  return `${where}(block ${block}, summary ${summary}${slot ? `, slot ${slot}` : ''}${causal ? '' : ', bidirectional'})`;
}
