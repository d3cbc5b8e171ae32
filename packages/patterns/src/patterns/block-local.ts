import { checkBoolean, checkSize } from '../errors.ts';
import { band, intersection, ownBlock } from '../terms/index.ts';
import { definePattern, type Pattern } from './pattern.ts';

/**
 * The query's own block: ⌊key ÷ block⌋ = ⌊query ÷ block⌋, key ≤ query; with `causal: false` the whole block.
 * The paper's A⁽¹⁾ of its fixed pattern (section 4.2).
 *
 * ```text
 * block 3          bidirectional
 * #.....           ###...
 * ##....           ###...
 * ###...           ###...
 * ...#..           ...###
 * ...##.           ...###
 * ...###           ...###
 * ```
 *
 * @throws PatternError when `block` is no whole number from 1 to 2³¹ − 1.
 */
export function blockLocal({ block, causal = true }: { block: number; causal?: boolean }): Pattern {
  checkSize('blockLocal', 'block', block);
  checkBoolean('blockLocal', 'causal', causal);
  const range = causal ? intersection(ownBlock(block), band(0, Infinity)) : ownBlock(block);
  return definePattern({
    name: causal ? `blockLocal(block ${block})` : `blockLocal(block ${block}, bidirectional)`,
    causal,
    spec: { kind: 'blockLocal', block, causal },
    terms: [{ name: 'block', keySet: { kind: 'all' }, ranges: range }],
    allows: (query, key) =>
      (!causal || key <= query) && Math.floor(query / block) === Math.floor(key / block),
    lastQuery: (key) => (Math.floor(key / block) + 1) * block - 1,
  });
}
