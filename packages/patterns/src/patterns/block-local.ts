import { band, intersection, ownBlock } from '../terms/index.ts';
import { causalField, completed, type PatternKind } from './fields.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `blockLocal` as data. */
export const blockLocalKind = {
  kind: 'blockLocal',
  meaning: "The query's own block.",
  fields: {
    block: { type: 'size', meaning: 'Keys in a block.' },
    causal: causalField,
  },
  make: blockLocal,
} as const satisfies PatternKind;

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
export function blockLocal(options: { block: number; causal?: boolean }): Pattern {
  const { values, name, spec } = completed(blockLocalKind, options);
  const { block, causal } = values;
  const range = causal ? intersection(ownBlock(block), band(0, Infinity)) : ownBlock(block);
  return definePattern({
    name,
    causal,
    spec,
    terms: [{ name: 'block', keySet: { kind: 'all' }, ranges: range }],
    allows: (query, key) =>
      (!causal || key <= query) && Math.floor(query / block) === Math.floor(key / block),
    lastQuery: (key) => (Math.floor(key / block) + 1) * block - 1,
  });
}
