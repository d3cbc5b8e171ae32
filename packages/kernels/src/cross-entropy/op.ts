import type { Tensor } from '@tensorflow/tfjs-core';
import { requireDtype, requireLastAxis, requireShape } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedCrossEntropy } from './composed.ts';
import { crossEntropyGradient } from './gradient.ts';

const runCrossEntropy = defineKernel({
  name: 'CrossEntropy',
  composed: composedCrossEntropy,
  gradient: crossEntropyGradient,
});

/**
 * Softmax cross-entropy from logits: the loss of each position in nats, −log softmax(logits)[target].
 * Stable for logits of ±10⁴. The gradient is (softmax − one-hot) × dy.
 *
 * A target outside the classes is refused on the engines `wasm` and `native` and on the stock backends `cpu`, `wasm` and
 * `tensorflow`; on others its loss is NaN.
 *
 * @param logits float32 `[..., V]`
 * @param targets int32 `[...]`, each from 0 to V − 1
 * @returns float32 `[...]`, one loss for each target; take `tf.mean` for the usual training loss
 * @throws TypeError for another dtype, RangeError for another shape or a target outside the classes
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  requireDtype('crossEntropy', 'logits', logits, 'float32');
  requireDtype('crossEntropy', 'targets', targets, 'int32');
  requireLastAxis('crossEntropy', 'logits', logits);
  requireShape('crossEntropy', 'targets', targets, logits.shape.slice(0, -1), 'logits without the last axis');
  return runCrossEntropy({ logits, targets }, {});
}
