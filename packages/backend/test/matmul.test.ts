/** Products on both CPU devices, against plain loops in float64. The tolerance is the error that a plain float32 loop makes. */
import '@tensorflow/tfjs-backend-cpu';
import { linear } from '@sparse-transformers/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';
import { expectProduct, matrixOf, type Sides } from './product-reference.ts';
import { onThreads } from './with-threads.ts';

/** Around the sides of tiles (4, 6, 14 rows; 8, 16, 32 columns), of blocks, and of stretches (256). */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 17, 31, 33, 65];
const sizes: readonly Sides[] = [
  ...edges.map((size) => ({ rows: size, depth: 19, columns: 33 })),
  ...edges.map((size) => ({ rows: 15, depth: size, columns: 9 })),
  ...edges.map((size) => ({ rows: 17, depth: 20, columns: size })),
  { rows: 1, depth: 700, columns: 1030 },
  { rows: 1030, depth: 70, columns: 1 },
  { rows: 4, depth: 131, columns: 517 },
  { rows: 113, depth: 257, columns: 259 },
  { rows: 29, depth: 515, columns: 97 },
  { rows: 2051, depth: 3, columns: 5 },
  { rows: 3, depth: 5, columns: 2051 },
  { rows: 2051, depth: 9, columns: 40 },
  { rows: 40, depth: 9, columns: 2051 },
];
const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe.each(cpuDevices)('products on %s', (name, create) => {
  const backendName = `matmul-${name}`;

  beforeAll(async () => {
    registerDeviceBackend(backendName, await create({ threads: 2 }));
    await tf.setBackend(backendName);
  });

  afterAll(() => tf.removeBackend(backendName));

  it.each(transposes)('have the right numbers at all edges, transposed: %s, %s', (transposeA, transposeB) => {
    for (const sides of sizes) expectProduct(sides, { transposeA, transposeB });
  });

  it.each(transposes)('have the right numbers in batches, transposed: %s, %s', (transposeA, transposeB) => {
    for (const batch of [2, 4, 7]) {
      for (const [rows, depth, columns] of [
        [5, 6, 7],
        [33, 40, 34],
        [1, 9, 12],
        [12, 9, 1],
        [130, 257, 20],
      ]) {
        expectProduct(
          { rows: rows!, depth: depth!, columns: columns! },
          { transposeA, transposeB, batches: [[batch], [batch]] },
        );
      }
    }
  });

  it.each<[number[], number[]]>([
    [[3, 2], [1]],
    [[1], [2, 3]],
    [
      [2, 1],
      [1, 3],
    ],
    [
      [2, 1, 3],
      [5, 1],
    ],
    [
      [2, 1, 2, 1],
      [1, 3, 1, 2],
    ],
  ])('broadcast batches of [%s] and [%s]', (batchA, batchB) => {
    for (const [transposeA, transposeB] of transposes) {
      expectProduct({ rows: 6, depth: 7, columns: 9 }, { transposeA, transposeB, batches: [batchA, batchB] });
    }
  });

  it('of whole numbers are exact and wrap around', () => {
    tf.tidy(() => {
      const [a, b] = [
        tf.tensor2d(
          [
            [65537, -3],
            [2, 5],
          ],
          [2, 2],
          'int32',
        ),
        tf.tensor2d(
          [
            [65537, 1],
            [4, 0],
          ],
          [2, 2],
          'int32',
        ),
      ];
      const product = tf.matMul(a, b, false, true);
      expect(product.dtype).toBe('int32');
      expect(Array.from(product.dataSync())).toEqual([(65537 * 65537 - 3) | 0, 4 * 65537, 2 * 65537 + 5, 8]);
    });
  });

  it('say which sides do not match', () => {
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow('inner shapes (3) and (4)');
  });

  it.each(['linear', 'relu', 'relu6', 'elu', 'leakyrelu', 'sigmoid', 'prelu'] as const)(
    'with bias and %s are as on the cpu backend',
    async (activation) => {
      for (const biasShape of [[35], [1, 35], [1], [3, 1, 1], [3, 17, 35]]) {
        const run = () =>
          tf.tidy(() => {
            const a = tf.mul(matrixOf([3, 17, 19], 1), 8);
            const preluActivationWeights = matrixOf([35], 4);
            const bias = matrixOf(biasShape, 3);
            const [b, leakyreluAlpha] = [matrixOf([3, 19, 35], 2), 0.3];
            return tf.fused
              .matMul({ a, b, bias, activation, preluActivationWeights, leakyreluAlpha })
              .dataSync();
          });
        const ours = run();
        await tf.setBackend('cpu');
        const theirs = run();
        await tf.setBackend(backendName);
        const worst = Math.max(...Array.from(ours, (value, i) => Math.abs(value - theirs[i]!)));
        expect(worst).toBeLessThan(2e-5);
        expect(ours.length).toBe(theirs.length);
      }
    },
  );

  it('keep a NaN in its row, through every activation', () => {
    for (const activation of ['relu', 'relu6', 'elu', 'leakyrelu', 'sigmoid'] as const) {
      const values = tf.tidy(() =>
        tf.fused.matMul({ a: tf.tensor2d([[Number.NaN], [1]]), b: tf.ones([1, 3]), activation }).dataSync(),
      );
      expect(Array.from(values, Number.isNaN)).toEqual([true, true, true, false, false, false]);
    }
  });

  it('leave no memory behind', () => {
    const device = tf.memory().numDataBuffers;
    tf.tidy(() => void linear(tf.ones([3, 4, 5]), tf.ones([5, 6]), tf.ones([6])).dataSync());
    expect(tf.memory().numDataBuffers).toBe(device);
  });
});

describe.each(cpuDevices)('threads of %s', (name, create) => {
  it('change no bit of a product', async () => {
    const results = await onThreads(name, create, bitsOfAll);
    expect(results[1]).toBe(results[0]);
    expect(results[2]).toBe(results[0]);
  });
});

function bitsOfAll(): string {
  return transposes
    .flatMap(([transposeA, transposeB]) =>
      [
        [300, 400, 500],
        [1, 900, 700],
        [700, 900, 1],
      ].map(([rows, depth, columns]) =>
        tf.tidy(() => {
          const a = matrixOf(transposeA ? [2, depth!, rows!] : [2, rows!, depth!], 1);
          const b = matrixOf(transposeB ? [2, columns!, depth!] : [2, depth!, columns!], 2);
          const values = tf.matMul(a, b, transposeA, transposeB).dataSync();
          return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
        }),
      ),
    )
    .join();
}
