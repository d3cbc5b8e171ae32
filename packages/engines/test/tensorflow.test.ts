/**
 * The engine 'tensorflow' wherever it is installed: in SPARSE_TENSORFLOW_HOME, or where
 * tools/tensorflow-engine/build.sh puts it. Elsewhere these tests are skipped and say why, unless
 * SPARSE_TEST_ENGINES names tensorflow: then they fail.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { type Engine, EngineError, useEngine } from '../src/index.ts';

const built = fileURLToPath(new URL('../../../.cache/tensorflow-engine', import.meta.url));
const { SPARSE_TENSORFLOW_HOME, SPARSE_TEST_ENGINES = '' } = process.env;
if (SPARSE_TENSORFLOW_HOME === undefined && existsSync(built)) vi.stubEnv('SPARSE_TENSORFLOW_HOME', built);

const demanded = SPARSE_TEST_ENGINES.split(',').includes('tensorflow');
const missing = await useEngine('tensorflow').then(
  () => undefined,
  (error: unknown) =>
    error instanceof EngineError && error.problem === 'missing' ? error.message : undefined,
);

/** A fact about the engine once it is active. */
function fact(sentence: string, check: (engine: Engine) => Promise<void> | void): void {
  it(sentence, async ({ skip }) => {
    skip(missing !== undefined && !demanded, missing);
    await check(await useEngine('tensorflow'));
  });
}

/** tfjs-node's exports: it has its own copy of tfjs-core, which must share our state. */
function packageOf(engine: Engine): typeof tf {
  const folder = engine.description.replace(/^.* from /, '');
  return createRequire(import.meta.url)(folder) as typeof tf;
}

describe("the engine 'tensorflow'", () => {
  fact('is the active backend', (engine) => {
    expect([engine.backendName, tf.getBackend()]).toEqual(['tensorflow', 'tensorflow']);
  });

  fact('tells its package, library, device and folder', (engine) => {
    expect(engine.description).toMatch(
      /^@tensorflow\/tfjs-node(-gpu)? 4\.22\.0: libtensorflow \d+\.\d+\.\d+, on .+, from \/.+\/@tensorflow\/tfjs-node/,
    );
  });

  fact('can be left for cpu and come back', async () => {
    await useEngine('cpu');
    const there = tf.getBackend();
    await useEngine('tensorflow');
    expect([there, tf.getBackend()]).toEqual(['cpu', 'tensorflow']);
  });

  fact('multiplies matrices', () => {
    const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync());
    expect([...product]).toEqual([11]);
  });

  fact('computes with a tensor that was made on wasm', async () => {
    await useEngine('wasm');
    const made = tf.tensor1d([1, 2, 3]);
    await useEngine('tensorflow');
    const sum = tf.tidy(() => tf.sum(made).dataSync());
    made.dispose();
    expect([...sum]).toEqual([6]);
  });

  fact('has kernels for everything that a transformer and its gradients use', () => {
    const registered = new Set(tf.getKernelsForBackend('tensorflow').map((kernel) => kernel.kernelName));
    const used = ['BatchMatMul', 'GatherV2', 'UnsortedSegmentSum', 'Softmax', 'Erf', 'Transpose', 'TopK'];
    expect(used.filter((name) => !registered.has(name))).toEqual([]);
  });

  fact('differentiates a lookup, a product and a softmax', () => {
    const indices = tf.tensor1d([2, 0, 2], 'int32');
    const table = tf.variable(
      tf.tensor2d([
        [0.1, -0.2],
        [0.3, 0.4],
        [-0.5, 0.6],
      ]),
    );
    const loss = (): tf.Scalar =>
      tf.tidy(() =>
        tf.sum(tf.square(tf.softmax(tf.matMul(tf.gather(table, indices), tf.eye(2) as tf.Tensor2D)))),
      );
    const { value, grads } = tf.variableGrads(loss, [table]);
    const gradient = Object.values(grads)[0]!;
    const got = [...gradient.dataSync()];
    tf.dispose([indices, table, value, gradient]);
    expect(got).toEqual(expectedGradient());
  });
});

describe("the state of 'tensorflow' is one with ours", () => {
  fact('its copy of TensorFlow.js computes with our tensors', (engine) => {
    const ours = tf.tensor1d([1, 2, 3]);
    const sum = packageOf(engine).tidy(() => packageOf(engine).sum(ours).dataSync());
    ours.dispose();
    expect([...sum]).toEqual([6]);
  });

  fact('we compute with tensors of its copy', (engine) => {
    const theirs = packageOf(engine).tensor1d([1, 2, 3]);
    const sum = tf.tidy(() => tf.sum(theirs).dataSync());
    theirs.dispose();
    expect([...sum]).toEqual([6]);
  });

  fact('our tidy frees the tensors of its copy', (engine) => {
    const before = tf.memory();
    tf.tidy(() => void packageOf(engine).tensor1d([1, 2, 3]));
    expect(tf.memory()).toEqual(before);
  });

  fact('both count the same tensors', (engine) => {
    const ours = tf.tensor1d([1, 2, 3]);
    expect(packageOf(engine).memory()).toEqual(tf.memory());
    ours.dispose();
  });

  fact('a backend set in one is set in the other', async (engine) => {
    await packageOf(engine).setBackend('cpu');
    const ours = tf.getBackend();
    await tf.setBackend('tensorflow');
    expect([ours, packageOf(engine).getBackend()]).toEqual(['cpu', 'tensorflow']);
  });
});

/** d/dx of the sum of squares of softmax(x), for the rows looked up: row 2 twice, row 0 once, row 1 never. */
function expectedGradient(): unknown[] {
  const row = (x: number, y: number): [number, number] => {
    const p = 1 / (1 + Math.exp(y - x));
    const slope = 2 * p * (1 - p) * (2 * p - 1);
    return [slope, -slope];
  };
  const first = row(0.1, -0.2);
  const third = row(-0.5, 0.6).map((value) => 2 * value);
  return [...first, 0, 0, ...third].map((value) => expect.closeTo(value, 6));
}
