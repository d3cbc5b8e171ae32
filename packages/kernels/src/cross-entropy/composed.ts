import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  add,
  exp,
  expandDims,
  gather,
  log,
  max,
  mul,
  range,
  reshape,
  scatterND,
  softmax,
  stack,
  sub,
  sum,
} from '@tensorflow/tfjs-core';
import { lastSize } from '../arguments.ts';
import { poisoned, requireIndices, safeIndices } from '../indices.ts';

/** Inputs of the kernel `CrossEntropy`: logits `[..., V]`, targets int32 `[...]`. */
export type CrossEntropyInputs = { logits: Tensor; targets: Tensor };

/** Inputs of the kernel `CrossEntropyGradient`: dy `[...]`, logits `[..., V]`, targets int32 `[...]`. */
export type CrossEntropyGradientInputs = { dy: Tensor; logits: Tensor; targets: Tensor };

/**
 * log Σ exp(logit − max) − (target's logit − max). The maximum is taken away from both first: the difference of two
 * large numbers would lose the loss's digits.
 */
export function composedCrossEntropy({ logits, targets }: CrossEntropyInputs): Tensor {
  const classes = lastSize(logits);
  requireIndices('crossEntropy', 'targets', targets, classes);
  const rows = reshape(logits, [targets.size, classes]);
  const safe = safeIndices(reshape(targets, [targets.size]), classes);
  const shifted = sub<Tensor2D>(rows, max(rows, 1, true)); // [positions, V]
  const logSum: Tensor1D = log(sum(exp(shifted), 1)); // [positions]
  const loss: Tensor1D = sub(logSum, pick(shifted, safe.indices));
  return reshape(poisoned(loss, safe.poison), targets.shape);
}

/** One value of each row, by its place in the flat tensor: a one-hot product would turn −∞ × 0 into NaN. */
function pick(rows: Tensor2D, columns: Tensor1D): Tensor1D {
  const [count, width] = rows.shape;
  const places: Tensor1D = add(range(0, count * width, width, 'int32'), columns);
  return gather(reshape(rows, [count * width]), places);
}

/** (softmax − one-hot) × dy. dy is taken from the target's place by `scatterND`, as stock wasm has a wrong float one-hot. */
export function composedCrossEntropyGradient({ dy, logits, targets }: CrossEntropyGradientInputs): Tensor {
  const [count, classes] = [targets.size, lastSize(logits)];
  const safe = safeIndices(reshape(targets, [count]), classes);
  const dRows: Tensor1D = reshape(dy, [count]);
  const probabilities = softmax(reshape(logits, [count, classes]));
  const places = stack([range(0, count, 1, 'int32'), safe.indices], 1); // [positions, 2]
  const dTarget = scatterND(places, dRows, [count, classes]);
  return reshape(sub(mul(probabilities, expandDims(dRows, 1)), dTarget), logits.shape);
}
