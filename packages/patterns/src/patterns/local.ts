import { band } from '../terms/index.ts';
import { causalField, completed, type PatternKind } from './fields.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `local` as data. */
export const localKind = {
  kind: 'local',
  meaning: 'The nearest keys.',
  fields: {
    window: { type: 'size', meaning: "Keys, the query's own included." },
    causal: causalField,
  },
  make: local,
} as const satisfies PatternKind;

/**
 * A sliding window: the last `window` keys, the query's own included: 0 ≤ query − key < window.
 * With `causal: false`: |query − key| < window. The paper's A⁽¹⁾ of its strided pattern (section 4.2) is `window: l + 1`.
 *
 * ```text
 * window 3         bidirectional
 * #.....           ###...
 * ##....           ####..
 * ###...           #####.
 * .###..           .#####
 * ..###.           ..####
 * ...###           ...###
 * ```
 *
 * @throws PatternError when `window` is no whole number from 1 to 2³¹ − 1.
 */
export function local(options: { window: number; causal?: boolean }): Pattern {
  const { values, name, spec } = completed(localKind, options);
  const { window, causal } = values;
  return definePattern({
    name,
    causal,
    spec,
    terms: [{ name: 'local', keySet: { kind: 'all' }, ranges: band(causal ? 0 : 1 - window, window - 1) }],
    allows: (query, key) => (causal ? key <= query : key - query < window) && query - key < window,
    lastQuery: (key) => key + window - 1,
  });
}
