import { band } from '../terms/index.ts';
import { causalField, completed, type PatternKind } from './fields.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `column` as data. */
export const columnKind = {
  kind: 'column',
  meaning: 'Every so many keys.',
  fields: {
    stride: { type: 'size', meaning: 'Keys from one to the next.' },
    causal: causalField,
  },
  make: column,
} as const satisfies PatternKind;

/**
 * Every `stride`-th key back from the query: (query − key) mod stride = 0, key ≤ query.
 * With `causal: false` ahead of it too. The paper's A⁽²⁾ of its strided pattern (section 4.2).
 *
 * ```text
 * stride 3         bidirectional
 * #.....           #..#..
 * .#....           .#..#.
 * ..#...           ..#..#
 * #..#..           #..#..
 * .#..#.           .#..#.
 * ..#..#           ..#..#
 * ```
 *
 * @throws PatternError when `stride` is no whole number from 1 to 2³¹ − 1.
 */
export function column(options: { stride: number; causal?: boolean }): Pattern {
  const { values, name, spec } = completed(columnKind, options);
  const { stride, causal } = values;
  return definePattern({
    name,
    causal,
    spec,
    terms: [
      {
        name: 'column',
        keySet: stride === 1 ? { kind: 'all' } : { kind: 'residue', stride },
        ranges: band(causal ? 0 : -Infinity, Infinity),
      },
    ],
    allows: (query, key) => (!causal || key <= query) && (query - key) % stride === 0,
    lastQuery: () => Infinity,
  });
}
