import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attentionPositions,
  collectParameters,
  dense,
  imagePositions,
  initialValues,
  paperInitialiser,
  residualBlock,
  startVector,
} from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const deviationOf = (values: ArrayLike<number>) =>
  Math.sqrt(meanOf(Array.from(values, (value) => value ** 2)));
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Four deviations of a deviation that is estimated from `count` normal numbers. */
const slack = (count: number) => 4 / Math.sqrt(2 * count);

describe('initialValues', () => {
  const normals = (size: number, changes = {}) =>
    initialValues(size, { deviation: 1, seed: 1, stream: 0, ...changes });

  it('has mean 0, the deviation asked for, and the tails of a normal distribution', () => {
    const values = normals(40_000, { deviation: 3 });
    expect(Math.abs(meanOf(values))).toBeLessThan((4 * 3) / Math.sqrt(40_000));
    expect(Math.abs(deviationOf(values) / 3 - 1)).toBeLessThan(slack(40_000));
    const within = (bound: number) => values.filter((value) => Math.abs(value) < bound).length / 40_000;
    expect(within(3)).toBeCloseTo(0.6827, 2);
    expect(within(6)).toBeCloseTo(0.9545, 2);
  });

  it('has neighbours that know nothing of each other', () => {
    const values = normals(40_000);
    for (const distance of [1, 2, 3, 4]) {
      const products = values.slice(distance).map((value, i) => value * values[i]!);
      expect(Math.abs(meanOf(products))).toBeLessThan(4 / Math.sqrt(40_000));
    }
  });

  it('is fixed by seed and stream, seeds above 2³² too', () => {
    expect(normals(9)).toEqual(normals(9));
    expect(normals(9, { stream: 1 })).not.toEqual(normals(9));
    expect(normals(9, { seed: 1 + 2 ** 32 })).not.toEqual(normals(9));
  });

  it('begins alike, whatever the size', () => {
    expect(normals(100).slice(0, 7)).toEqual(normals(7));
  });

  it('is one number for a constant', () => {
    expect(initialValues(3, { constant: 0.5 })).toEqual(Float32Array.of(0.5, 0.5, 0.5));
  });
});

describe('paperInitialiser', () => {
  const start = (initialiser = paperInitialiser(1), inputs = 64, factor?: number) =>
    initialValues(64 * 64, initialiser.weights(inputs, factor));

  it('reads 0.125 ÷ √inputs as the deviation unless told', () => {
    expect(Math.abs(deviationOf(start()) / (0.125 / 8) - 1)).toBeLessThan(slack(4096));
  });

  it.each([
    ['deviation', 0.125 / 8],
    ['variance', Math.sqrt(0.125) / 8],
    ['released', Math.sqrt(0.125) / 8],
  ] as const)('starts matrices of 64 inputs, read as %s, with deviation %f', (scale, deviation) => {
    const values = start(paperInitialiser(1, scale));
    expect(Math.abs(deviationOf(values) / deviation - 1)).toBeLessThan(slack(4096));
  });

  it.each([
    ['deviation', 1, 0.125 / 8],
    ['deviation', 3, 0.125 / Math.sqrt(64 * 3)],
    ['variance', 1, Math.sqrt(0.125 / 64)],
    ['variance', 3, Math.sqrt(0.125 / 64 / 3)],
    ['released', 1, 0.01],
    ['released', 3, 0.01 / Math.sqrt(3)],
  ] as const)(
    'starts embeddings of width 64, read as %s, of %i tables with deviation %f',
    (scale, tables, deviation) => {
      const values = initialValues(4096, paperInitialiser(1, scale).embeddings(64, tables));
      expect(Math.abs(deviationOf(values) / deviation - 1)).toBeLessThan(slack(4096));
    },
  );

  it('scales by the factor', () => {
    const [whole, half] = [start(paperInitialiser(1)), start(paperInitialiser(1), 64, 0.5)];
    expect(half).toEqual(whole.map((value) => value / 2));
  });

  it('gives each weight other numbers', () => {
    const initialiser = paperInitialiser(1);
    expect(start(initialiser)).not.toEqual(start(initialiser));
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => paperInitialiser(seed)).toThrow(/seed must be a whole number from 0 to 2\^53 - 1/);
  });
});

describe('a new layer', () => {
  const deviations = (branchFactor: number) => {
    const block = residualBlock({ width: 64, heads: 4, inner: 128, branchFactor }, paperInitialiser(1));
    const of = (name: string) => deviationOf(block.parameters.get(`${name}.weight`)!.dataSync());
    return { of, base: 0.125 / Math.sqrt(64) };
  };

  it.each(['attention.query', 'attention.key', 'attention.value', 'feedForward.inner'])(
    'starts %s with deviation 0.125 ÷ √d, whatever the branch factor',
    (name) => {
      const { of, base } = deviations(0.25);
      expect(Math.abs(of(name) / base - 1)).toBeLessThan(slack(4096));
    },
  );

  it('scales the end of the attention by the branch factor', () => {
    const { of, base } = deviations(0.25);
    expect(Math.abs(of('attention.output') / (base * 0.25) - 1)).toBeLessThan(slack(4096));
  });

  it('scales the end of the feed-forward part by it, counting its own inputs', () => {
    const { of } = deviations(0.25);
    expect(Math.abs(of('feedForward.outer') / ((0.125 / Math.sqrt(128)) * 0.25) - 1)).toBeLessThan(
      slack(8192),
    );
  });

  it('gives the two tables of positions half the variance each', () => {
    const sizes = { length: 4096, stride: 64, width: 64 };
    const { parameters } = attentionPositions(sizes, paperInitialiser(1));
    for (const table of parameters.values()) {
      expect(Math.abs(deviationOf(table.dataSync()) / (0.125 / Math.sqrt(128)) - 1)).toBeLessThan(
        slack(4096),
      );
    }
  });

  it('gives the three tables of an image a third of the variance each, and the start vector all of it', () => {
    const sizes = { rows: 64, columns: 64, channels: 64, width: 64 };
    const { parameters } = imagePositions(sizes, paperInitialiser(1));
    const start = startVector(4096, paperInitialiser(1));
    const deviations: [tf.Tensor, number][] = [
      ...[...parameters.values()].map((table): [tf.Tensor, number] => [table, 0.125 / Math.sqrt(64 * 3)]),
      [start.parameters.get('weight')!, 0.125 / Math.sqrt(4096)],
    ];
    for (const [values, deviation] of deviations)
      expect(Math.abs(deviationOf(values.dataSync()) / deviation - 1)).toBeLessThan(slack(4096));
  });
});

describe('collectParameters', () => {
  it('puts each layer’s name before its weights, in order', () => {
    const layer = () => dense(1, 1, { weight: { constant: 0 } });
    expect([...collectParameters({ b: layer(), a: layer() }).keys()]).toEqual([
      'b.weight',
      'b.bias',
      'a.weight',
      'a.bias',
    ]);
  });

  it('takes __proto__ for a name', () => {
    const layers = Object.fromEntries([['__proto__', dense(1, 1, { weight: { constant: 0 } })]]);
    expect([...collectParameters(layers).keys()]).toEqual(['__proto__.weight', '__proto__.bias']);
  });
});
