import { checkBoolean, checkSize } from '../errors.ts';
import { band } from '../terms/index.ts';
import { definePattern, type Pattern } from './pattern.ts';

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
export function local({ window, causal = true }: { window: number; causal?: boolean }): Pattern {
  checkSize('local', 'window', window);
  checkBoolean('local', 'causal', causal);
  return definePattern({
    name: causal ? `local(window ${window})` : `local(window ${window}, bidirectional)`,
    causal,
    spec: { kind: 'local', window, causal },
    terms: [{ name: 'local', keySet: { kind: 'all' }, ranges: band(causal ? 0 : 1 - window, window - 1) }],
    allows: (query, key) => (causal ? key <= query : key - query < window) && query - key < window,
    lastQuery: (key) => key + window - 1,
  });
}
