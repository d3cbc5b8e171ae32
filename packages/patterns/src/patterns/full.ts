import { checkBoolean } from '../errors.ts';
import { band } from '../terms/index.ts';
import { definePattern, type Pattern } from './pattern.ts';

/**
 * Dense attention, as in the paper's section 4.1: key ≤ query; with `causal: false` every key.
 *
 * ```text
 * #.....
 * ##....
 * ###...
 * ####..
 * #####.
 * ######
 * ```
 *
 * @throws PatternError when `causal` is no boolean.
 */
export function full({ causal = true }: { causal?: boolean } = {}): Pattern {
  checkBoolean('full', 'causal', causal);
  return definePattern({
    name: causal ? 'causal()' : 'full(bidirectional)',
    causal,
    spec: { kind: 'full', causal },
    terms: [{ name: 'full', keySet: { kind: 'all' }, ranges: band(causal ? 0 : -Infinity, Infinity) }],
    allows: (query, key) => !causal || key <= query,
    lastQuery: () => Infinity,
  });
}

/** Dense causal attention, key ≤ query: `full()` under the name that people look for. */
export function causal(): Pattern {
  return full();
}
