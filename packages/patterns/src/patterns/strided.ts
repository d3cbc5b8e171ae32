import { checkBoolean, checkSize } from '../errors.ts';
import { column } from './column.ts';
import { local } from './local.ts';
import { mergeFactors } from './or.ts';
import type { Pattern } from './pattern.ts';

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
export function strided({
  stride,
  window = stride,
  causal = true,
}: {
  stride: number;
  window?: number;
  causal?: boolean;
}): Pattern {
  checkSize('strided', 'stride', stride);
  checkSize('strided', 'window', window);
  checkBoolean('strided', 'causal', causal);
  return mergeFactors(
    `strided(stride ${stride}, window ${window}${causal ? '' : ', bidirectional'})`,
    { kind: 'strided', stride, window, causal },
    [local({ window, causal }), column({ stride, causal })],
  );
}
