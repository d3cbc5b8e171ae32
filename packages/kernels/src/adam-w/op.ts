import type { NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { dispose, engine } from '@tensorflow/tfjs-core';
import { requireDtype, requireShape } from '../arguments.ts';
import { hasFusedKernel } from '../dispatch.ts';
import { composedAdamW } from './composed.ts';

/** A weight, its moments and its gradient, all float32 and of one shape. */
export interface AdamWParameter {
  /** w, which moves. */
  readonly weight: Variable;
  /** m, which moves. */
  readonly first: Variable;
  /** v, which moves. */
  readonly second: Variable;
  /** g, left as it is. */
  readonly gradient: Tensor;
  /** Is a share of the weight taken off? */
  readonly decays: boolean;
}

/**
 * Moves any number of variables by one step of AdamW (Loshchilov & Hutter 2019, algorithm 2):
 * m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← kept w − rate · m / (√v + ε).
 *
 * A backend with a kernel `AdamW` takes all of them in one launch and may give back the memory that it got: a variable keeps
 * its memory unless something else holds it too. What else holds it keeps the old values.
 *
 * @param parameters the variables and their gradients
 * @param numbers float32 `[7]`: those of `adamWNumbers`
 * @throws TypeError for another dtype, RangeError for another shape
 */
export function adamWStep(parameters: readonly AdamWParameter[], numbers: Tensor1D): void {
  requireShape('adamWStep', 'numbers', numbers, [7], 'what adamWNumbers gives');
  parameters.forEach(checkParameter);
  if (hasFusedKernel('AdamW')) fusedAdamW(parameters, numbers);
  else composedAdamW(parameters, numbers);
}

/** The kernel gives the new weight, first and second of each parameter, in their order. */
function fusedAdamW(parameters: readonly AdamWParameter[], numbers: Tensor1D): void {
  const inputs: Record<string, Tensor | Tensor[]> = {
    numbers,
    weights: parameters.map(({ weight }) => weight),
    firsts: parameters.map(({ first }) => first),
    seconds: parameters.map(({ second }) => second),
    gradients: parameters.map(({ gradient }) => gradient),
  };
  const decays = parameters.map((parameter) => parameter.decays);
  const moved = engine().runKernel<Tensor[]>('AdamW', inputs as NamedTensorMap, { decays });
  const variables = parameters.flatMap(({ weight, first, second }) => [weight, first, second]);
  for (const [index, variable] of variables.entries()) variable.assign(moved[index]!);
  dispose(moved);
}

function checkParameter({ weight, first, second, gradient }: AdamWParameter, index: number): void {
  for (const [name, tensor] of Object.entries({ weight, first, second, gradient })) {
    requireDtype('adamWStep', `${name} ${index}`, tensor, 'float32');
    requireShape('adamWStep', `${name} ${index}`, tensor, weight.shape, 'the shape of the weight');
  }
}
