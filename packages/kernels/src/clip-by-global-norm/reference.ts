import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** What `referenceClipByGlobalNorm` gives. */
export interface ReferenceClipped {
  /** √(Σ g²) over all gradients. */
  readonly norm: number;
  /** The gradients, scaled. */
  readonly clipped: Float64Array[];
}

/** Plain-loop clipping by the norm of all gradients together. */
export function referenceClipByGlobalNorm(
  gradients: readonly Float64Array[],
  maximumNorm: number,
  round: Rounding = exact,
): ReferenceClipped {
  let total = 0;
  for (const gradient of gradients) {
    for (const value of gradient) total = round(total + round(value * value));
  }
  const norm = round(Math.sqrt(total));
  const factor = round(maximumNorm / Math.max(norm, maximumNorm));
  return { norm, clipped: gradients.map((gradient) => gradient.map((value) => round(value * factor))) };
}
