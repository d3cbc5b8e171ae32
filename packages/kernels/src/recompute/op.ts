/**
 * Recomputation (the paper's section 5.4, "gradient checkpointing"): what a function makes on its way is not kept for backward; it runs
 * again there, and is differentiated then.
 *
 * Memory holds the inputs of each such function and the insides of one at a time, for one more forward pass. Whoever draws random numbers
 * in it must draw the same ones again: `dropout` does, from its seed and counter.
 */
import type { GradSaveFunc, Tensor, Variable } from '@tensorflow/tfjs-core';
import { customGrad, engine, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { differentiate, releaseSaved } from '../differentiate.ts';

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
    const value = f(...tensors);
    save([...tensors]);
    return {
      value,
      gradFunc: (dy, saved) => releasingTape(() => gradients(f, saved, variables, dy)),
    };
  });
  return forward(...tensors, ...variables) as Value;
}

/**
 * TensorFlow.js's own walk keeps all that its tape saved when a gradient throws: it is let go here. While the tape is still being written,
 * by another derivative around this one, that is only what this run has added.
 */
function releasingTape<Result>(run: () => Result): Result {
  const { state } = engine();
  const first = state.gradientDepth > 0 ? state.activeTape.length : 0;
  try {
    return run();
  } catch (error) {
    for (const node of state.activeTape?.slice(first) ?? []) releaseSaved(node);
    throw error;
  }
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
