import '@tensorflow/tfjs-backend-cpu';
import {
  causal,
  compile,
  fixed,
  local,
  type Pattern,
  perHead,
  predicate,
  strided,
} from '@sparse-transformers/patterns';
import { denseAttention, denseAttentionGradient, randomFrom } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  exact,
  type Rounding,
  referenceSparseAttention,
  referenceSparseAttentionGradient,
  sparseAttention,
} from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function inputs(batch: number, heads: number, queries: number, headDim: number, keys = queries) {
  const q = tf.randomNormal([batch, heads, queries, headDim], 0, 1, 'float32', 1) as tf.Tensor4D;
  const k = tf.randomNormal([batch, heads, keys, headDim], 0, 1, 'float32', 2) as tf.Tensor4D;
  const v = tf.randomNormal([batch, heads, keys, headDim], 0, 1, 'float32', 3) as tf.Tensor4D;
  return [q, k, v] as const;
}

describe('a pattern given to sparseAttention', () => {
  it('is compiled once for a length and kept', () => {
    let calls = 0;
    const counting = predicate((query, key) => {
      calls++;
      return query - key < 3;
    }, 'counting');
    const tensors = inputs(1, 1, 20, 4);
    sparseAttention(...tensors, counting);
    const once = calls;
    sparseAttention(...tensors, counting);
    expect(once).toBeGreaterThan(0);
    expect(calls).toBe(once);
  });

  it('gives what its plan gives', () => {
    const tensors = inputs(2, 3, 40, 4);
    const fromPattern = sparseAttention(...tensors, strided({ stride: 6 })).dataSync();
    const fromPlan = sparseAttention(...tensors, compile(strided({ stride: 6 }), { queries: 40 })).dataSync();
    expect(fromPattern).toEqual(fromPlan);
  });
});

describe('memory', () => {
  /** The largest tensor of a forward and backward pass, in cells. */
  async function largestTensor(length: number, pattern: Pattern): Promise<number> {
    const tensors = inputs(1, 1, length, 8);
    const { kernels } = await tf.profile(() =>
      tf.grads((q, k, v) =>
        tf.sum(sparseAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, pattern)),
      )([...tensors]),
    );
    const inner = kernels.flatMap(({ outputShapes }) => outputShapes);
    return Math.max(...inner.map((shape) => shape.reduce((size, axis) => size * axis, 1)));
  }

  it.each([
    ['local', local({ window: 33 })],
    ['strided', strided({ stride: 45 })],
    ['fixed', fixed({ block: 64, summary: 2 })],
  ])('grows with the tiles of %s, not with queries × keys', async (_, pattern) => {
    const length = 2048;
    const { tiles, groups } = compile(pattern, { queries: length });
    const tile = groups[0]!.passes[0]!.tile;
    const largest = await largestTensor(length, pattern);
    expect(largest).toBeLessThanOrEqual(tiles * tile * tile);
    expect(largest).toBeLessThan((length * length) / 8);
  });
});

describe('the reference', () => {
  const call = {
    batch: 2,
    heads: 2,
    queries: 21,
    keys: 21,
    headDim: 3,
    valueDim: 4,
    pattern: perHead([fixed({ block: 8, summary: 2 }), strided({ stride: 5, window: 3 })]),
    keyLengths: [21, 13],
    documents: [Array.from({ length: 21 }, (_, i) => Number(i > 9)), Array.from({ length: 21 }, () => 0)],
  };
  const attributes = {
    plan: compile(call.pattern, { queries: 21, tile: 8 }),
    scale: 1 / Math.sqrt(3),
    keyLengths: Int32Array.from(call.keyLengths),
    documents: Int32Array.from(call.documents.flat()),
  };
  const random = randomFrom(7);
  const numbers = (width: number) => random.normals(2 * 2 * 21 * width);
  const values = { q: numbers(3), k: numbers(3), v: numbers(4) };

  it('agrees with dense attention to float64', () => {
    const ours = referenceSparseAttention(values, call, attributes);
    const dense = denseAttention(call, values);
    expectClose(ours.output, dense.output);
    expectClose(ours.logSumExp, dense.logSumExp);
  });

  it.each([
    ['float64', exact, (value: number) => value],
    ['float32', Math.fround, (value: number) => Math.fround(value)],
  ])('rounds to %s in place as by a function that it is given', (_, inPlace, called) => {
    const cotangents = { dOutput: numbers(4), dLogSumExp: random.normals(2 * 2 * 21) };
    const all = (round: Rounding) => [
      referenceSparseAttention(values, call, attributes, round),
      referenceSparseAttentionGradient(cotangents, values, call, attributes, round),
    ];
    expect(all(inPlace)).toEqual(all(called));
  });

  it('has the gradient of dense attention to float64', () => {
    const dOutput = numbers(4);
    const dLogSumExp = random.normals(2 * 2 * 21);
    const ours = referenceSparseAttentionGradient({ dOutput, dLogSumExp }, values, call, attributes);
    const dense = denseAttentionGradient(call, values, { dOutput, dLogSumExp });
    expectClose(ours.dq, dense.dq);
    expectClose(ours.dk, dense.dk);
    expectClose(ours.dv, dense.dv);
  });
});

function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const isFar = (value: number, index: number) =>
    value !== expected[index] && !(Math.abs(value - expected[index]!) < 1e-12);
  expect(Array.from(actual).findIndex(isFar)).toBe(-1);
}

describe('sparseAttention refuses', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'a plan of another length',
      () => sparseAttention(...inputs(1, 1, 8, 4), compile(causal(), { queries: 9 })),
      /plan is for 9 queries and 9 keys, but q has 8 and k has 8/,
    ],
    [
      'patterns for another number of heads',
      () => sparseAttention(...inputs(1, 3, 8, 4), perHead([causal(), causal()])),
      /names 2 heads, but q has 3/,
    ],
    [
      'int32 queries',
      () => sparseAttention(tf.zeros([1, 1, 8, 4], 'int32'), ...tail(inputs(1, 1, 8, 4)), causal()),
      /q must be float32, but is int32/,
    ],
    [
      'another rank',
      () =>
        sparseAttention(tf.zeros([8, 4]) as tf.Tensor as tf.Tensor4D, ...tail(inputs(1, 1, 8, 4)), causal()),
      /q must have a shape \[batch, heads, length, headDim\].*but has \[8,4\]/,
    ],
    [
      'keys of another width',
      () => sparseAttention(inputs(1, 1, 8, 4)[0], ...tail(inputs(1, 1, 8, 5)), causal()),
      /k must have the shape \[1,1,8,4\]/,
    ],
    [
      'values of another length',
      () => {
        const [q, k] = inputs(1, 1, 8, 4);
        return sparseAttention(q, k, inputs(1, 1, 7, 4)[2], causal());
      },
      /v must have the shape \[1,1,8,4\] \(batch, heads and length of k\), but has \[1,1,7,4\]/,
    ],
    [
      'a scale that is no number',
      () => sparseAttention(...inputs(1, 1, 8, 4), causal(), { scale: Number.NaN }),
      /scale must be a finite number, but is NaN/,
    ],
    [
      'too few key lengths',
      () => sparseAttention(...inputs(2, 1, 8, 4), causal(), { keyLengths: [8] }),
      /keyLengths must be 2 whole numbers from 0 to 8/,
    ],
    [
      'a key length beyond the keys',
      () => sparseAttention(...inputs(1, 1, 8, 4), causal(), { keyLengths: [9] }),
      /from 0 to 8.*\[9\]/,
    ],
    [
      'documents of another length',
      () => sparseAttention(...inputs(1, 1, 8, 4), causal(), { documents: [[0, 0]] }),
      /documents must be 1 rows of 8/,
    ],
    [
      'documents without a place for every query',
      () => sparseAttention(...inputs(1, 1, 9, 4, 8), causal(), { documents: [[0, 0, 0, 0, 0, 0, 0, 0]] }),
      /queries reach position 8 and there are 8 keys/,
    ],
    [
      'the name of a pattern',
      () => sparseAttention(...inputs(1, 1, 8, 4), 'strided' as string as never),
      /fourth argument must be a pattern.*but is strided/,
    ],
  ];

  it.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

function tail([, k, v]: readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]): [tf.Tensor4D, tf.Tensor4D] {
  return [k, v];
}
