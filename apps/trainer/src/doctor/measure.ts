/** How fast the active engine is, in about a second. */
import { crossEntropy } from '@sparse-transformers/kernels';
import { type SparseTransformer, sparseTransformer } from '@sparse-transformers/models';
import { fixed } from '@sparse-transformers/patterns';
import { adamW, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';

const size = 512;
const millisecondsOfEach = 700;

/** GFLOP/s of a product of two square matrices, the best of several. */
export async function productGflops(): Promise<number> {
  const a = tf.randomNormal([size, size], 0, 1, 'float32', 1);
  try {
    const seconds = await bestSeconds(async () => {
      const product = tf.matMul(a, a);
      await product.data();
      product.dispose();
    });
    return (2 * size ** 3) / seconds / 1e9;
  } finally {
    a.dispose();
  }
}

const tiny = { length: 256, vocabulary: 64 };

/** Tokens a second of a training step of a tiny model, the best of several. */
export async function trainingTokensPerSecond(): Promise<number> {
  const model = sparseTransformer(
    {
      ...tiny,
      layers: 2,
      width: 128,
      heads: 4,
      feedForwardWidth: 512,
      patterns: [fixed({ block: 32, summary: 8 })],
      queryKeyWidth: 128,
      positions: { kind: 'attention', stride: 32 },
      start: 'none',
      dropout: 0,
      weightScale: 'deviation',
    },
    { seed: 1 },
  );
  const optimizer = adamW();
  try {
    return tiny.length / (await bestSeconds(() => step(model, optimizer)));
  } finally {
    for (const parameter of model.parameters.values()) parameter.dispose();
  }
}

/** Loss, gradients, clipping, AdamW. */
async function step(model: SparseTransformer, optimizer: ReturnType<typeof adamW>): Promise<void> {
  const loss = tf.tidy(() => {
    const tokens = tf.tensor2d(
      Int32Array.from({ length: tiny.length }, (_, position) => (position * 7) % tiny.vocabulary),
      [1, tiny.length],
      'int32',
    );
    const { value, gradients } = valueAndGradients(model.parameters, () =>
      tf.mean(crossEntropy(model.apply(tokens), tokens)),
    );
    const clipped = clipByGlobalNorm(gradients, 1);
    optimizer.step(model.parameters, clipped.gradients, { learningRate: 1e-3 });
    return value;
  });
  await loss.data();
  loss.dispose();
}

/** The first time warms up and doesn't count, unless it took all the time there is. */
async function bestSeconds(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  let best = performance.now() - began;
  while (performance.now() - began < millisecondsOfEach) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}
