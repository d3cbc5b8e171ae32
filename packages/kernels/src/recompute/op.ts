/**
 * Recomputation (the paper's section 5.4, "gradient checkpointing"): what a function makes on its way is not kept for backward; it runs
 * again there, and is differentiated then.
 *
 * Memory holds the inputs of each such function and the insides of one at a time, for one more forward pass. Whoever draws random numbers
 * in it must draw the same ones again: `dropout` does, from its seed and counter.
 */
import type { GradSaveFunc, Tensor, Variable } from '@tensorflow/tfjs-core';
import { customGrad, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { differentiate } from '../differentiate.ts';

/** What a recomputed function reads: all that gradients are wanted for must be among it. */
export interface RecomputedInputs {
  /** Tensors that are handed to the function, and kept for backward. */
  readonly tensors: readonly Tensor[];
  /** Weights that the function reads by itself. They must be as they were when backward comes. */
  readonly variables?: readonly Variable[];
}

/**
 * Runs `f` and gives what it gives. Gradients are the same as without, in our walk (`differentiate`, and what is built on it) and in
 * TensorFlow.js's own (`tf.grads`); the same bits, unless an input has other users too, whose gradients may be added in another order.
 *
 * @param f gives a float32 tensor from the tensors of `inputs`; must give the same whenever it runs, and change nothing
 * @param inputs float32; an input that `f` ignores has a gradient of zeros
 */
export function recompute<Value extends Tensor>(
  f: (...tensors: Tensor[]) => Value,
  { tensors, variables = [] }: RecomputedInputs,
): Value {
  const forward = customGrad((...args) => {
    const save = args.at(-1) as GradSaveFunc; // behind the inputs
    save([...tensors]);
    return {
      value: f(...tensors),
      gradFunc: (dy, saved) => gradients(f, saved, variables, dy),
    };
  });
  return forward(...tensors, ...variables) as Value;
}

function gradients(
  f: (...tensors: Tensor[]) => Tensor,
  tensors: Tensor[],
  variables: readonly Variable[],
  dy: Tensor,
): Tensor[] {
  return tidy(() => {
    const inputs = [...tensors, ...variables];
    const { value, gradients: found } = differentiate(() => f(...tensors), inputs, dy);
    value.dispose();
    return inputs.map((input, index) => found[index] ?? zerosLike(input));
  });
}
