import { checkBoolean, checkSize } from '../errors.ts';
import { band } from '../terms/index.ts';
import { definePattern, type Pattern } from './pattern.ts';

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
export function column({ stride, causal = true }: { stride: number; causal?: boolean }): Pattern {
  checkSize('column', 'stride', stride);
  checkBoolean('column', 'causal', causal);
  return definePattern({
    name: causal ? `column(stride ${stride})` : `column(stride ${stride}, bidirectional)`,
    causal,
    spec: { kind: 'column', stride, causal },
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
