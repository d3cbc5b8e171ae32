import '@tensorflow/tfjs-backend-cpu';
import * as kernels from '@sparse-transformers/kernels';
import { causal, local } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkGradients,
  denseAttention,
  denseAttentionGradient,
  errorWithin,
  expectNoLeaks,
  layerNormConformance,
  randomFrom,
} from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('checkGradients', () => {
  const swish = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));
  const inputs = () => [tf.tensor1d([-2, -0.5, 0, 1, 3])];

  it('accepts a right gradient without a reference', async () => {
    await checkGradients(swish, inputs());
  });

  it('accepts a right gradient against a reference', async () => {
    const reference = (x: Float64Array) => x.map((value) => value / (1 + Math.exp(-value)));
    await checkGradients(swish, inputs(), { reference });
  });

  it('leaves nothing behind of an op that does not tidy up', async () => {
    const [x] = inputs();
    await expectNoLeaks(async () => {
      await checkGradients(swish, [x!]);
      return [];
    });
  });

  it('accepts gradients of two inputs', async () => {
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
    await checkGradients(product, [tf.randomNormal([3, 5]), tf.randomNormal([5, 2])]);
  });

  it.each([
    ['by the op', {}],
    ['by a reference', { reference: (x: Float64Array) => x.map((value) => value * value) }],
  ])('names the cell of a gradient one percent off, found %s', async (_, options) => {
    const wrong = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.mul(saved[0]!, 2.02));
      return { value: tf.square(x as tf.Tensor), gradFunc };
    });
    await expect(checkGradients((x) => wrong(x), inputs(), options)).rejects.toThrow(
      /input 0, cell \d: the gradient is/,
    );
  });
});

describe('errorWithin', () => {
  const exact = [1, 2, 4];
  const plain = [1, 2.01, 4];

  it('accepts twice the error of the plain computation', () => {
    expect(() => errorWithin('sum', { actual: [1, 2, 4.02], exact, plain })).not.toThrow();
  });

  it('names the cell and the limit of a larger error', () => {
    expect(() => errorWithin('sum', { actual: [1, 2, 4.03], exact, plain })).toThrow(
      /sum: error .* at cell 2 .*above/,
    );
  });

  it('refuses NaN', () => {
    expect(() => errorWithin('sum', { actual: [1, Number.NaN, 4], exact, plain })).toThrow(/cell 1/);
  });

  it('refuses a plain computation that is not finite', () => {
    expect(() => errorWithin('sum', { actual: [9, 9, 9], exact, plain: [1, Number.NaN, 4] })).toThrow(
      /plain float32 computation is not finite/,
    );
  });

  it('refuses a wrong number of values', () => {
    expect(() => errorWithin('sum', { actual: [1, 2], exact, plain })).toThrow(/has 2 numbers, expected 3/);
  });
});

describe('expectNoLeaks', () => {
  it('accepts a function that gives back all that it made', async () => {
    await expect(expectNoLeaks(() => tf.ones([2]))).resolves.toBeUndefined();
  });

  it('says how many tensors are left', async () => {
    const leaky = () => {
      tf.zeros([3]);
      return tf.ones([2]);
    };
    await expect(expectNoLeaks(leaky)).rejects.toThrow('leak: 1 tensors and 1 buffers');
  });
});

describe('denseAttention', () => {
  const call = { batch: 1, heads: 1, queries: 2, keys: 2, headDim: 1, pattern: causal(), scale: 1 };
  const inputs = { q: Float64Array.of(1, 1), k: Float64Array.of(0, Math.log(3)), v: Float64Array.of(10, 20) };

  it('weighs the values by the softmax of the scores', () => {
    const { output, logSumExp } = denseAttention(call, inputs);
    expect(Array.from(output, (value) => value.toFixed(10))).toEqual(['10.0000000000', '17.5000000000']);
    expect(logSumExp[1]).toBeCloseTo(Math.log(4), 12);
  });

  it('spreads the gradient of a value over the queries that see it', () => {
    const { dv } = denseAttentionGradient(call, inputs, { dOutput: Float64Array.of(1, 1) });
    expect(dv[0]).toBeCloseTo(1.25, 12);
    expect(dv[1]).toBeCloseTo(0.75, 12);
  });

  it.each([
    ['float64', kernels.exact, (value: number) => value],
    ['float32', Math.fround, (value: number) => Math.fround(value)],
  ])('rounds to %s in place as by a function that it is given', (_, inPlace, called) => {
    const longer = { ...call, queries: 9, keys: 9, headDim: 3, valueDim: 5 };
    const numbers = (width: number, seed: number) => randomFrom(seed).normals(9 * width);
    const values = { q: numbers(3, 1), k: numbers(3, 2), v: numbers(5, 3) };
    const all = (round: kernels.Rounding) => [
      denseAttention(longer, values, round),
      denseAttentionGradient(longer, values, { dOutput: numbers(5, 4) }, round),
    ];
    expect(all(inPlace)).toEqual(all(called));
  });

  it('gives zeros to a query that sees nothing', () => {
    const alone = { ...call, pattern: local({ window: 1 }), keyLengths: [1] };
    expect(Array.from(denseAttention(alone, inputs).output)).toEqual([10, 0]);
  });
});

describe('a conformance suite', () => {
  const failures = async (layerNorm: typeof kernels.layerNorm, backend = 'cpu') => {
    const failed: string[] = [];
    for (const fact of layerNormConformance(backend, layerNorm)) {
      await Promise.resolve()
        .then(() => fact.run())
        .catch(() => failed.push(fact.name));
    }
    return failed;
  };

  it('accepts a right implementation', async () => {
    expect(await failures(kernels.layerNorm)).toEqual([]);
  });

  it('finds a wrong epsilon', async () => {
    const wrong: typeof kernels.layerNorm = (x, gain, bias) =>
      kernels.layerNorm(x, gain, bias, { epsilon: 1e-4 });
    expect(await failures(wrong)).toContain('values are as good as plain float32 for x [3,5,7]');
  });

  it('finds a leak', async () => {
    const wrong: typeof kernels.layerNorm = (x, gain, bias, options) => {
      tf.keep(tf.zeros([1]));
      return kernels.layerNorm(x, gain, bias, options);
    };
    expect(await failures(wrong)).toEqual(['no tensor is left behind for x [3,5,7]']);
  });

  it('refuses to run on another backend than the one named', async () => {
    expect(await failures(kernels.layerNorm, 'another')).toHaveLength(21);
  });
});

it('draws the same numbers from the same seed, all of them float32', () => {
  const numbers = randomFrom(5).normals(100);
  expect(numbers).toEqual(randomFrom(5).normals(100));
  expect(numbers).toEqual(numbers.map(Math.fround));
});
