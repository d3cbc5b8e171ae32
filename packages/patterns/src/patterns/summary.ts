import { PatternError } from '../errors.ts';
import { band } from '../terms/index.ts';
import { type Completed, causalField, completed, type PatternKind } from './fields.ts';
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

/** The fields of `summary` and `fixed`. */
export const summaryFields = {
  block: { type: 'size', meaning: "Keys in a block: the paper's l." },
  summary: { type: 'size', meaning: "Summary columns of a block: the paper's c." },
  slot: { type: 'count', meaning: 'Which columns, counted from the end of the block.', unlessGiven: 0 },
  causal: causalField,
} as const;

/** `summary` as data. */
export const summaryKind = {
  kind: 'summary',
  meaning: 'The last columns of each block.',
  fields: summaryFields,
  make: summary,
} as const satisfies PatternKind;

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
export function summary(options: SummaryOptions): Pattern {
  const { values, name, spec } = completedSummary(summaryKind, options);
  const { block, summary, slot, causal } = values;
  const first = block - (slot + 1) * summary;
  const isSummary = (key: number) => key % block >= first && key % block < first + summary;
  return definePattern({
    name,
    causal,
    spec,
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

/** The parameters of `summary` or `fixed`, completed; refuses slots that don't fit their block. */
export function completedSummary(
  kind: { readonly kind: string; readonly fields: typeof summaryFields },
  options: SummaryOptions,
): Completed<typeof summaryFields> {
  const result = completed(kind, { ...options });
  const { block, summary, slot } = result.values;
  if ((slot + 1) * summary <= block) return result;
  throw new PatternError(
    `${kind.kind}: slot ${slot} of ${summary} columns doesn't fit a block of ${block}: ` +
      `\`(slot + 1) · summary\` must be at most \`block\`, but it is ${(slot + 1) * summary}.`,
  );
}
