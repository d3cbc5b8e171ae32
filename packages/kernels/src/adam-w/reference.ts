import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** A weight and its moments as numbers; `referenceAdamW` moves them in place. */
export interface ReferenceAdamWParameter {
  /** w */
  readonly weight: Float64Array;
  /** m */
  readonly first: Float64Array;
  /** v */
  readonly second: Float64Array;
  /** g */
  readonly gradient: Float64Array;
  /** Is a share of the weight taken off? */
  readonly decays: boolean;
}

/** One plain-loop step of AdamW, with the seven numbers of `adamWNumbers`. */
export function referenceAdamW(
  { weight, first, second, gradient, decays }: ReferenceAdamWParameter,
  numbers: ArrayLike<number>,
  round: Rounding = exact,
): void {
  const [keepFirst, takeFirst, keepSecond, takeSecond, rate, epsilon, keep] = Array.from(numbers);
  gradient.forEach((g, i) => {
    const m = round(round(first[i]! * keepFirst!) + round(g * takeFirst!));
    const v = round(round(second[i]! * keepSecond!) + round(round(g * g) * takeSecond!));
    const direction = round(m / round(round(Math.sqrt(v)) + epsilon!));
    const kept = decays ? round(weight[i]! * keep!) : weight[i]!;
    first[i] = m;
    second[i] = v;
    weight[i] = round(kept - round(direction * rate!));
  });
}
