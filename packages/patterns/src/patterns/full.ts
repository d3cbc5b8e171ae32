import { band } from '../terms/index.ts';
import { causalField, completed, type PatternKind } from './fields.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `full` as data. */
export const fullKind = {
  kind: 'full',
  meaning: 'Every earlier key: dense attention.',
  fields: { causal: causalField },
  make: full,
} as const satisfies PatternKind;

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
export function full(options: { causal?: boolean } = {}): Pattern {
  const {
    values: { causal },
    name,
    spec,
  } = completed(fullKind, options);
  return definePattern({
    name: causal ? 'causal()' : name,
    causal,
    spec,
    terms: [{ name: 'full', keySet: { kind: 'all' }, ranges: band(causal ? 0 : -Infinity, Infinity) }],
    allows: (query, key) => !causal || key <= query,
    lastQuery: () => Infinity,
  });
}

/** Dense causal attention, key ≤ query: `full()` under the name that people look for. */
export function causal(): Pattern {
  return full();
}
