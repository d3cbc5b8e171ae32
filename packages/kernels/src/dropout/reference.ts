import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';
import type { MaskSource } from './mask.ts';
import { dropoutMask } from './mask.ts';

/** Plain-loop dropout, cell by cell. Its gradient is the same function of dy. */
export function referenceDropout(x: Float64Array, source: MaskSource, round: Rounding = exact): Float64Array {
  const mask = dropoutMask(x.length, source);
  const kept = round(1 / (1 - source.rate));
  return x.map((value, i) => (mask[i] === 0 ? 0 : round(value * kept)));
}
