import { column } from './column.ts';
import { causalField, completed, type PatternKind } from './fields.ts';
import { local } from './local.ts';
import { mergeFactors } from './or.ts';
import type { Pattern } from './pattern.ts';

/** `strided` as data. */
export const stridedKind = {
  kind: 'strided',
  meaning: "The nearest keys, and every so many before them: the paper's strided pattern.",
  fields: {
    stride: { type: 'size', meaning: 'Keys from one to the next.' },
    window: {
      type: 'size',
      meaning: "Nearest keys, the query's own included.",
      unlessGiven: { sameAs: 'stride' },
    },
    causal: causalField,
  },
  make: strided,
} as const satisfies PatternKind;

/**
 * The paper's strided pattern, merged (section 4.2, equation 7): the last `window` keys, and every `stride`-th before them.
 * key ≤ query, and query − key < window or (query − key) mod stride = 0. `factors`: local, column.
 * The paper's own window is `stride + 1`; its released code uses `stride`, the default here. A good stride is near √n.
 *
 * ```text
 * stride 3, window 3
 * #......
 * ##.....
 * ###....
 * ####...
 * .####..
 * ..####.
 * #..####
 * ```
 *
 * @throws PatternError when `stride` or `window` is no whole number from 1 to 2³¹ − 1.
 */
export function strided(options: { stride: number; window?: number; causal?: boolean }): Pattern {
  const { values, name, spec } = completed(stridedKind, options);
  const { stride, window, causal } = values;
  return mergeFactors({ name, spec, factors: [local({ window, causal }), column({ stride, causal })] });
}
