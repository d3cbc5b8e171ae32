/**
 * What a program does with these packages, on one engine, in Node or in a browser: every op of kernels and its gradient, held to the oracle;
 * a model (and so every layer) that is trained, saved and read, and goes on with texts. It says what it found as plain data.
 */
import {
  adamWNumbers,
  adamWStep,
  biasQuickGelu,
  clipByGlobalNorm,
  crossEntropy,
  differentiate,
  dropout,
  embedding,
  layerNorm,
  linear,
  quickGelu,
  sparseAttention,
} from '@sparse-transformers/kernels';
import { fixed, local, perHead, strided } from '@sparse-transformers/patterns';
import {
  adamWConformance,
  attentionConformance,
  biasQuickGeluConformance,
  clipByGlobalNormConformance,
  crossEntropyConformance,
  dropoutConformance,
  embeddingConformance,
  type Fact,
  layerNormConformance,
  linearConformance,
  quickGeluConformance,
} from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  generate,
  loadWeights,
  type SparseTransformer,
  type SparseTransformerConfig,
  saveWeights,
  sparseTransformer,
} from '../../src/index.ts';

/** What was found on one engine. */
export interface Findings {
  /** Facts about ops that hold. */
  readonly holding: number;
  /** Those that don't, with their errors. */
  readonly failing: readonly string[];
  /** The loss of each training step. */
  readonly losses: readonly number[];
  /** `[n · V]` of the model that was read from the file. */
  readonly logits: readonly number[];
  /** Rounds of two tokens each, the likeliest. */
  readonly likeliest: readonly (readonly number[])[];
  /** The same by chance. */
  readonly drawn: readonly (readonly number[])[];
  /** Whether the model, written again, gives the same file. */
  readonly isSameFile: boolean;
  /** Tensors that were left. */
  readonly tensorsLeft: number;
}

/** The model: each kind of layer is in it. */
export const config: SparseTransformerConfig = {
  vocabulary: 11,
  length: 48,
  layers: 2,
  width: 16,
  heads: 2,
  feedForwardWidth: 24,
  patterns: [perHead([fixed({ block: 8, summary: 2 }), strided({ stride: 6 })]), local({ window: 9 })],
  queryKeyWidth: 8,
  positions: { kind: 'attention', stride: 6 },
  start: 'learned',
  dropout: 0.1,
  weightScale: 'deviation',
};

/** What the file's logits are of. */
export const text = [3, 1, 4, 1, 5, 9, 2, 6, 5, 0, 5, 8, 9, 7, 10, 3];

/** Does it all on the active backend. */
export async function runProgram(backend: string, file: Uint8Array): Promise<Findings> {
  const failing: string[] = [];
  let holding = 0;
  for (const { name, run } of factsOf(backend)) {
    try {
      await run();
      holding++;
    } catch (error) {
      failing.push(`${name}: ${String(error)}`);
    }
  }
  const before = tf.memory().numTensors;
  const model = sparseTransformer(config, { seed: 1 });
  const losses = await train(model, 2);
  loadWeights(model, file);
  const found = {
    holding,
    failing,
    losses,
    logits: await logitsOf(model),
    likeliest: await collect(model, 0),
    drawn: await collect(model, 1),
    isSameFile: sameBytes(await saveWeights(model), file),
  };
  for (const weight of model.parameters.values()) weight.dispose();
  return { ...found, tensorsLeft: tf.memory().numTensors - before };
}

/** TensorFlow.js adds the rows of a table's gradient by atomic operations on a GPU, in any order. */
const sumsInAnyOrder = ['the same inputs give the same bits for indices [3,65] into a table [17, 5]'];

/** Each case compiles shaders of its own on a GPU: here are those that differ most. */
const attentionInBrowsers =
  /^(values|gradients) are as good as plain float32 (of the log-sum-exp for strided at 64|for (another pattern|packed and padded keys|a batch entry))/;

function factsOf(backend: string): Fact[] {
  const attention = attentionConformance(backend, (q, k, v, { pattern, scale, keyLengths, documents }) =>
    sparseAttention(q, k, v, pattern, {
      ...(scale === undefined ? {} : { scale }),
      ...(keyLengths ? { keyLengths } : {}),
      ...(documents ? { documents } : {}),
      returnLogSumExp: true,
    }),
  ).filter(({ name }) => attentionInBrowsers.test(name));
  const all = [
    ...embeddingConformance(backend, embedding),
    ...layerNormConformance(backend, layerNorm),
    ...crossEntropyConformance(backend, crossEntropy),
    ...quickGeluConformance(backend, quickGelu),
    ...biasQuickGeluConformance(backend, biasQuickGelu),
    ...dropoutConformance(backend, dropout),
    ...linearConformance(backend, linear),
    ...clipByGlobalNormConformance(backend, clipByGlobalNorm),
    ...adamWConformance(backend, adamWStep),
    ...attention,
  ];
  return all.filter(({ name }) => backend !== 'webgpu' || !sumsInAnyOrder.includes(name));
}

/** Steps as a trainer takes them: dropout, recomputed blocks, clipping, AdamW. */
async function train(model: SparseTransformer, steps: number): Promise<number[]> {
  const weights = [...model.parameters.values()];
  const moments = weights.map((weight) =>
    [0, 1].map(() => tf.tidy(() => tf.variable(tf.zeros(weight.shape), false))),
  );
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const tokens = tf.tensor2d([text, [...text].reverse()], undefined, 'int32');
    const { value, gradients: all } = differentiate(() => {
      const inputs = tf.slice(tokens, [0, 0], [2, text.length - 1]);
      const logits = model.apply(inputs as tf.Tensor2D, { dropout: { seed: 7, step }, recompute: true });
      return tf.mean(crossEntropy(logits, tokens));
    }, weights);
    const gradients = all.filter((gradient) => gradient !== undefined);
    const clipped = clipByGlobalNorm(gradients, 1);
    const numbers = tf.tensor1d(
      adamWNumbers({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, learningRate: 0.01, step }),
    );
    adamWStep(
      weights.map((weight, index) => {
        const [first, second] = moments[index]!;
        return { weight, first: first!, second: second!, gradient: clipped.gradients[index]!, decays: true };
      }),
      numbers,
    );
    losses.push((await value.data())[0]!);
    tf.dispose([tokens, value, numbers, clipped.norm, ...gradients, ...clipped.gradients]);
  }
  tf.dispose(moments.flat());
  return losses;
}

async function logitsOf(model: SparseTransformer): Promise<number[]> {
  const logits = tf.tidy(() => model.apply(tf.tensor2d([text], undefined, 'int32')));
  const numbers = await logits.data();
  logits.dispose();
  return [...numbers];
}

async function collect(model: SparseTransformer, temperature: number): Promise<number[][]> {
  const rounds: number[][] = [];
  for await (const tokens of generate(model, [text.slice(0, 9), []], { tokens: 4, temperature, seed: 5 }))
    rounds.push([...tokens]);
  return rounds;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
