import type { Tensor } from '@tensorflow/tfjs-core';
import { add, mul, sigmoid, sub } from '@tensorflow/tfjs-core';

/** The factor of the paper's approximation of GELU. */
const slope = 1.702;

/** Inputs of the kernel `QuickGelu`: x of any shape. */
export type QuickGeluInputs = { x: Tensor };

/** Inputs of the kernel `QuickGeluGradient`: dy and x of one shape. */
export type QuickGeluGradientInputs = { dy: Tensor; x: Tensor };

/** x · sigmoid(1.702 x). */
export function composedQuickGelu({ x }: QuickGeluInputs): Tensor {
  return mul(x, sigmoid(mul(x, slope)));
}

/** With s = sigmoid(1.702 x): dx = dy · s · (1 + 1.702 x (1 − s)). */
export function composedQuickGeluGradient({ dy, x }: QuickGeluGradientInputs): Tensor {
  const scaled = mul(x, slope);
  const gate = sigmoid(scaled);
  return mul(dy, mul(gate, add(1, mul(scaled, sub(1, gate)))));
}
