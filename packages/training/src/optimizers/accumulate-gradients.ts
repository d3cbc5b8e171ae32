/**
 * A large batch in pieces that fit into memory: the mean loss and the mean gradients of equally large micro-batches are those of the whole
 * batch, up to rounding.
 */
import { add, dispose, mul, type Scalar, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { checkCount } from '../errors.ts';
import type { ValueAndGradients } from './value-and-gradients.ts';

/**
 * Runs micro-batches one after the other and gives the means of their losses and gradients. Beside what one micro-batch needs, it
 * holds one set of gradients, the sums so far; each micro-batch's own are freed as soon as they are added.
 *
 * @param count micro-batches, a whole number >= 1; with 1 the results are the micro-batch's own, bit for bit
 * @param run gives loss and gradients of micro-batch `index`, from 0: a call of {@link valueAndGradients}. Every one has the same
 *   variables, and as many targets as the others; a seed for dropout must depend on the index
 * @returns tensors of the caller, as those of `valueAndGradients`
 * @throws TrainingError if `count` is out of range; and what `run` throws, after freeing the sums
 */
export function accumulateGradients(
  count: number,
  run: (index: number) => ValueAndGradients,
): ValueAndGradients {
  checkCount('accumulateGradients', 'count', count, 1);
  let sum = run(0);
  try {
    for (let index = 1; index < count; index++) sum = plus(sum, run(index));
  } catch (error) {
    dispose([sum.value, ...sum.gradients.values()]);
    throw error;
  }
  return count === 1 ? sum : scaled(sum, 1 / count);
}

/** Frees both sides, variable by variable. */
function plus(sum: ValueAndGradients, next: ValueAndGradients): ValueAndGradients {
  const gradients = new Map<string, Tensor>();
  for (const [name, gradient] of sum.gradients) {
    gradients.set(
      name,
      replaced([gradient, next.gradients.get(name)!], () => add(gradient, next.gradients.get(name)!)),
    );
  }
  return { value: replaced([sum.value, next.value], () => add<Scalar>(sum.value, next.value)), gradients };
}

function scaled({ value, gradients }: ValueAndGradients, factor: number): ValueAndGradients {
  return {
    value: replaced([value], () => mul<Scalar>(value, factor)),
    gradients: new Map(
      [...gradients].map(([name, gradient]) => [name, replaced([gradient], () => mul(gradient, factor))]),
    ),
  };
}

function replaced<Result extends Tensor>(old: Tensor[], make: () => Result): Result {
  const result = tidy(make);
  dispose(old);
  return result;
}
