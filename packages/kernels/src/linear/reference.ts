import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Sizes of the plain-loop linear map: x is `[rows, inputs]`, weight `[inputs, outputs]`, both row-major. */
export interface LinearSizes {
  /** Size of the last axis of x. */
  readonly inputs: number;
  /** Size of the last axis of the result. */
  readonly outputs: number;
}

/** Plain-loop linear map: x `[rows, inputs]`, weight `[inputs, outputs]`, bias `[outputs]` -> `[rows, outputs]`. */
export function referenceLinear(
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  { inputs, outputs }: LinearSizes,
  round: Rounding = exact,
): Float64Array {
  const result = new Float64Array((x.length / inputs) * outputs);
  return result.map((_, cell) => {
    const [row, column] = [Math.floor(cell / outputs), cell % outputs];
    let total = 0;
    for (let k = 0; k < inputs; k++) {
      total = round(total + round(x[row * inputs + k]! * weight[k * outputs + column]!));
    }
    return round(total + bias[column]!);
  });
}

/** Gradients of `referenceLinear`, in the shapes of x, weight and bias. */
export interface LinearGradients {
  /** `[rows, inputs]` */
  readonly dx: Float64Array;
  /** `[inputs, outputs]` */
  readonly dWeight: Float64Array;
  /** `[outputs]` */
  readonly dBias: Float64Array;
}

/** Gradients of `referenceLinear` for x, weight and bias, given dy `[rows, outputs]`. */
export function referenceLinearGradient(
  dy: Float64Array,
  x: Float64Array,
  weight: Float64Array,
  { inputs, outputs }: LinearSizes,
  round: Rounding = exact,
): LinearGradients {
  const dx = new Float64Array(x.length);
  const dWeight = new Float64Array(weight.length);
  const dBias = new Float64Array(outputs);
  dy.forEach((value, cell) => {
    const [row, column] = [Math.floor(cell / outputs), cell % outputs];
    dBias[column] = round(dBias[column]! + value);
    for (let k = 0; k < inputs; k++) {
      const [inX, inWeight] = [row * inputs + k, k * outputs + column];
      dx[inX] = round(dx[inX]! + round(value * weight[inWeight]!));
      dWeight[inWeight] = round(dWeight[inWeight]! + round(value * x[inX]!));
    }
  });
  return { dx, dWeight, dBias };
}
