/** What every engine is measured at. A workload gives the work of one time, which waits until the result is there. */
import { crossEntropy, layerNorm, sparseAttention } from '@sparse-transformers/kernels';
import { sparseTransformer } from '@sparse-transformers/models';
import { fixed } from '@sparse-transformers/patterns';
import { adamW, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';

/** One row of the table. */
export interface Workload {
  /** What is computed. */
  readonly name: string;
  /** GFLOP of one time, where it is told by the second; else milliseconds are told. */
  readonly gflop?: number;
  /** Makes the inputs and gives the work. */
  prepare(): () => tf.Tensor;
}

const random = <Rank extends tf.Rank>(...shape: number[]): tf.Tensor<Rank> =>
  tf.randomNormal(shape as tf.ShapeMap[Rank], 0, 1, 'float32', shape.length);

const pattern = fixed({ block: 128, summary: 32 });

function heads(): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const make = () => random<tf.Rank.R4>(1, 4, 2048, 64);
  return [make(), make(), make()];
}

/** A sum that makes the gradient of a whole result run. */
const loss = (result: tf.Tensor): tf.Scalar => tf.sum(tf.square(result));

/** The rows of the table. */
export const workloads: readonly Workload[] = [
  {
    name: 'product of 1024 × 1024 matrices',
    gflop: (2 * 1024 ** 3) / 1e9,
    prepare: () => {
      const [a, b] = [random(1024, 1024), random(1024, 1024)];
      return () => tf.matMul(a, b);
    },
  },
  {
    name: '96 products of 128 × 64 and 64 × 128',
    gflop: (96 * 2 * 128 * 64 * 128) / 1e9,
    prepare: () => {
      const [a, b] = [random<tf.Rank.R3>(96, 128, 64), random<tf.Rank.R3>(96, 64, 128)];
      return () => tf.matMul(a, b);
    },
  },
  {
    name: 'attention, `fixed` of block 128, summary 32; n 2,048, 4 heads of 64',
    prepare: () => {
      const [q, k, v] = heads();
      return () => sparseAttention(q, k, v, pattern);
    },
  },
  {
    name: 'the same, forward and backward',
    prepare: () => {
      const inputs = heads();
      const gradients = tf.grads((q, k, v) =>
        loss(sparseAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, pattern)),
      );
      return () => lastOf(gradients(inputs));
    },
  },
  {
    name: 'layer norm of 2,048 × 512, forward and backward',
    prepare: () => {
      const inputs = [random(2048, 512), random(512), random(512)];
      const gradients = tf.grads((x, gain, bias) =>
        loss(layerNorm(x!, gain as tf.Tensor1D, bias as tf.Tensor1D)),
      );
      return () => lastOf(gradients(inputs));
    },
  },
  {
    name: 'cross-entropy of 2,048 × 256, forward and backward',
    prepare: () => {
      const logits = random<tf.Rank.R2>(2048, 256);
      const targets = tf.tensor1d(
        Int32Array.from({ length: 2048 }, (_, position) => (position * 7) % 256),
        'int32',
      );
      const gradient = tf.grad((x) => tf.mean(crossEntropy(x as tf.Tensor2D, targets)));
      return () => gradient(logits);
    },
  },
  { name: 'training step: 4 layers, width 256, 4 heads, n 512, batch 1', prepare: trainingStep },
];

function trainingStep(): () => tf.Tensor {
  const model = sparseTransformer(
    {
      vocabulary: 256,
      length: 512,
      layers: 4,
      width: 256,
      heads: 4,
      feedForwardWidth: 1024,
      patterns: [fixed({ block: 64, summary: 16 })],
      queryKeyWidth: 256,
      positions: { kind: 'attention', stride: 64 },
      start: 'none',
      dropout: 0,
      weightScale: 'deviation',
    },
    { seed: 1 },
  );
  const optimizer = adamW();
  const tokens = tf.tensor2d(
    Int32Array.from({ length: 512 }, (_, position) => (position * 7) % 256),
    [1, 512],
    'int32',
  );
  return () => {
    const { value, gradients } = valueAndGradients(model.parameters, () =>
      tf.mean(crossEntropy(model.apply(tokens), tokens)),
    );
    optimizer.step(model.parameters, clipByGlobalNorm(gradients, 1).gradients, { learningRate: 1e-4 });
    return value;
  };
}

function lastOf(tensors: tf.Tensor[]): tf.Tensor {
  return tensors.at(-1)!;
}
