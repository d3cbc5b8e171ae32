import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Plain-loop cross-entropy: logits `[positions, V]`, targets `[positions]` -> losses in nats `[positions]`. */
export function referenceCrossEntropy(
  logits: Float64Array,
  targets: Int32Array,
  round: Rounding = exact,
): Float64Array {
  const classes = logits.length / targets.length;
  return Float64Array.from(targets, (target, position) => {
    const row = logits.subarray(position * classes, (position + 1) * classes);
    const { shifted, total } = exponentials(row, round);
    return round(round(Math.log(total)) - shifted[target]!);
  });
}

/** Gradient of `referenceCrossEntropy` for the logits: dy `[positions]` -> `[positions, V]`. */
export function referenceCrossEntropyGradient(
  dy: Float64Array,
  logits: Float64Array,
  targets: Int32Array,
  round: Rounding = exact,
): Float64Array {
  const classes = logits.length / targets.length;
  const dLogits = new Float64Array(logits.length);
  targets.forEach((target, position) => {
    const start = position * classes;
    const { powers, total } = exponentials(logits.subarray(start, start + classes), round);
    powers.forEach((power, i) => {
      const probability = round(power / total);
      dLogits[start + i] = round(round(probability - (i === target ? 1 : 0)) * dy[position]!);
    });
  });
  return dLogits;
}

function exponentials(
  row: Float64Array,
  round: Rounding,
): { shifted: Float64Array; powers: Float64Array; total: number } {
  const largest = row.reduce((a, b) => Math.max(a, b));
  const shifted = row.map((logit) => round(logit - largest));
  const powers = shifted.map((value) => round(Math.exp(value)));
  const total = powers.reduce((partial, power) => round(partial + power), 0);
  return { shifted, powers, total };
}
