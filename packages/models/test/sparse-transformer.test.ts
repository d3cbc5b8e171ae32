import '@tensorflow/tfjs-backend-cpu';
import { crossEntropy } from '@sparse-transformers/kernels';
import { disposeParameters } from '@sparse-transformers/layers';
import { causal, column, fixed, local, perHead, strided } from '@sparse-transformers/patterns';
import { errorWithin, expectNoLeaks } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkConfig,
  countParameters,
  type SparseTransformer,
  type SparseTransformerConfig,
  sparseTransformer,
} from '../src/index.ts';
import { oracleLogits } from './model-oracle.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const config = smallConfig([fixed({ block: 6, summary: 2 })], { length: 40 });
/** An image of 4 × 5 pixels of 3 channels each, with narrow queries and keys. */
const imageConfig = smallConfig([strided({ stride: 15 })], {
  length: 60,
  queryKeyWidth: 8,
  positions: { kind: 'image', rows: 4, columns: 5, channels: 3 },
  start: 'learned',
});
/** Interleaved, with a ratio; one of the layers has a slot of its own in each head. */
const mixedConfig = smallConfig(
  [
    local({ window: 9 }),
    local({ window: 9 }),
    perHead([0, 1, 2, 3].map((slot) => fixed({ block: 16, summary: 3, slot }))),
    column({ stride: 5 }),
  ],
  { length: 40, layers: 5, queryKeyWidth: 4 },
);
const kinds: [string, SparseTransformerConfig][] = [
  ['text', config],
  ['images', imageConfig],
  ['text, of several kinds of patterns', mixedConfig],
];

const tokensOf = (...texts: number[][]) => tf.tensor2d(texts, [texts.length, texts[0]!.length], 'int32');

function lossOf(model: SparseTransformer, tokens: number[], options = {}): tf.Scalar {
  return tf.tidy(() => {
    const logits = model.apply(tokensOf(tokens.slice(0, -1)), options);
    return tf.mean(crossEntropy(logits, tokensOf(tokens.slice(1)))) as tf.Scalar;
  });
}

const valuesOf = (model: SparseTransformer) =>
  new Map([...model.parameters].map(([name, weight]) => [name, weight.dataSync().slice()]));

describe('the model', () => {
  it.each(kinds)(
    'gives the logits of the plain loops for %s, for each entry of a batch',
    (_, modelConfig) => {
      const model = randomModel(modelConfig);
      const texts = [1, 2].map((seed) => randomTokens(39, 11, seed));
      const actual = model.apply(tokensOf(...texts)).dataSync();
      const flat = (round?: (value: number) => number) =>
        texts.flatMap((text) => oracleLogits(model, text, round).flatMap((row) => Array.from(row)));
      errorWithin('logits', { actual, exact: flat(), plain: flat(Math.fround) });
    },
  );

  it('never looks ahead: another last token changes the last logits only', () => {
    const model = randomModel(config);
    const [text, other] = [randomTokens(20, 11), randomTokens(20, 11)];
    other[19] = (text[19]! + 1) % 11;
    const [a, b] = [text, other].map((tokens) => model.apply(tokensOf(tokens)).dataSync());
    expect(a!.slice(0, 19 * 11)).toEqual(b!.slice(0, 19 * 11));
    expect(a!.slice(19 * 11)).not.toEqual(b!.slice(19 * 11));
  });

  it('refuses more tokens than its length, and says what to do', () => {
    expect(() => randomModel(config).apply(tokensOf(randomTokens(41, 11)))).toThrow(
      /at most 40 tokens, but 41 came. Give it the last 40/,
    );
  });

  it('refuses no tokens where nothing stands before the first, and says what to do', () => {
    expect(() => randomModel(config).apply(tf.zeros([1, 0], 'int32'))).toThrow(/at least one token/);
  });

  it('hides packed documents from each other', () => {
    const model = randomModel({ ...config, patterns: [causal()] });
    const [text, other] = [randomTokens(10, 11, 1), randomTokens(10, 11, 2)];
    const documents = [[...Array(10).fill(0), ...Array(10).fill(1)]];
    const after = (first: number[]) =>
      model
        .apply(tokensOf([...first, ...text]), { documents })
        .dataSync()
        .slice(110);
    expect(after(text)).toEqual(after(other));
  });

  it('leaves no tensor behind but the logits', async () => {
    const model = randomModel(config);
    const tokens = tokensOf(randomTokens(40, 11));
    await expectNoLeaks(() => model.apply(tokens));
  });

  it('frees all its weights when told', () => {
    const before = tf.memory().numTensors;
    disposeParameters(sparseTransformer(config, { seed: 1 }));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a model with a learned start', () => {
  it('predicts the first token from no tokens at all', () => {
    const model = randomModel(imageConfig);
    const [alone, before] = [tf.zeros<tf.Rank.R2>([2, 0], 'int32'), tokensOf([3, 4], [5, 6])].map((tokens) =>
      model.apply(tokens),
    );
    expect(alone!.shape).toEqual([2, 1, 11]);
    expect(before!.shape).toEqual([2, 3, 11]);
    const first = tf.slice(before!, [0, 0, 0], [2, 1, 11]);
    expect(Array.from(alone!.dataSync())).toEqual(Array.from(first.dataSync()));
  });

  it('gives token i, with position i, to slot i + 1 and later ones alone', () => {
    const model = randomModel(imageConfig);
    const [text, other] = [randomTokens(20, 11), randomTokens(20, 11)];
    other[12] = (text[12]! + 1) % 11;
    const [a, b] = [text, other].map((tokens) => model.apply(tokensOf(tokens)).dataSync());
    expect(a!.slice(0, 13 * 11)).toEqual(b!.slice(0, 13 * 11));
    expect(a!.slice(13 * 11, 14 * 11)).not.toEqual(b!.slice(13 * 11, 14 * 11));
  });

  it('has parts that embed slot by slot what embedSequence embeds at once', () => {
    const { parts } = randomModel(imageConfig);
    const tokens = tokensOf(randomTokens(7, 11));
    const slots = [
      parts.start!(1),
      ...Array.from({ length: 7 }, (_, i) => parts.embed(tf.slice(tokens, [0, i], [1, 1]), Int32Array.of(i))),
    ];
    expect(tf.concat(slots, 1).dataSync()).toEqual(parts.embedSequence(tokens).dataSync());
  });

  it('sees a token less than its length', () => {
    const model = randomModel(imageConfig);
    expect(model.apply(tokensOf(randomTokens(59, 11))).shape).toEqual([1, 60, 11]);
    expect(() => model.apply(tokensOf(randomTokens(60, 11)))).toThrow(/at most 59 tokens, but 60 came/);
  });
});

describe('a new model', () => {
  it('has a loss of ln V', () => {
    const loss = lossOf(sparseTransformer(config, { seed: 1 }), randomTokens(40, 11));
    expect(loss.dataSync()[0]).toBeCloseTo(Math.log(11), 6);
  });

  it('has the same bits for the same seed, and others for another', () => {
    const [a, b, other] = [3, 3, 4].map((seed) => valuesOf(sparseTransformer(config, { seed })));
    expect(a).toEqual(b);
    expect(a!.get('token.weight')).not.toEqual(other!.get('token.weight'));
  });

  it('starts no two matrices alike', () => {
    const { parameters } = sparseTransformer(config, { seed: 1 });
    const starts = [...parameters]
      .filter(([name]) => name.endsWith('.weight') && name !== 'output.weight')
      .map(([, weight]) => weight.dataSync()[0]! / Math.abs(weight.dataSync()[1]!));
    expect(new Set(starts).size).toBe(starts.length);
  });

  it('scales the last matrix of every branch by 1 ÷ √(2N)', () => {
    const wide = { ...config, width: 64, feedForwardWidth: 64, layers: 8 };
    const weights = valuesOf(sparseTransformer(wide, { seed: 1 }));
    const deviation = (name: string) => Math.sqrt(meanSquare(weights.get(`blocks.5.${name}.weight`)!));
    for (const last of ['attention.output', 'feedForward.outer']) {
      const ratio = deviation(last) / deviation('attention.query');
      expect(Math.abs(ratio - 1 / Math.sqrt(16))).toBeLessThan(0.25 * 0.06); // 4096 cells: a deviation of 1.1 % each
    }
  });

  it('starts its output matrix at 0', () => {
    expect(meanSquare(valuesOf(sparseTransformer(config, { seed: 1 })).get('output.weight')!)).toBe(0);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => sparseTransformer(config, { seed })).toThrow(/seed must be a whole number/);
  });
});

function meanSquare(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value * value, 0) / values.length;
}

/** Of a text in which every token stands, as long as the model. */
function expectNoSilentWeights(
  modelConfig: SparseTransformerConfig,
  lossOfTokens: (model: SparseTransformer, tokens: number[]) => tf.Tensor,
): void {
  const model = randomModel(modelConfig);
  const tokens = Array.from({ length: modelConfig.start === 'learned' ? 60 : 41 }, (_, i) => i % 11);
  const loss = () => lossOfTokens(model, tokens) as tf.Scalar;
  const { grads } = tf.variableGrads(loss, [...model.parameters.values()]);
  for (const [name, weight] of model.parameters) {
    const zeros = grads[weight.name]!.dataSync().filter((gradient) => gradient === 0).length;
    // A key's bias moves all scores of a query alike, which softmax does not see: its gradient is rounding, maybe 0.
    if (!name.endsWith('key.bias')) expect(zeros, name).toBe(0);
  }
}

describe('training', () => {
  it('gives every weight a gradient once the output matrix has left 0', () => {
    const model = sparseTransformer(config, { seed: 1 });
    const tokens = Array.from({ length: 41 }, (_, i) => i % 11); // every token, every row and column of positions
    const optimizer = { rate: 0.5 };
    for (let step = 0; step < 2; step++) {
      const { grads } = tf.variableGrads(() => lossOf(model, tokens), [...model.parameters.values()]);
      const silent = [...model.parameters].filter(
        ([, { name }]) => !grads[name]!.dataSync().some((g) => g !== 0),
      );
      if (step === 1) expect(silent.map(([name]) => name)).toEqual([]);
      for (const weight of model.parameters.values())
        weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, optimizer.rate)));
    }
  });

  it('has a gradient for every row of every table and column of every matrix', () => {
    expectNoSilentWeights(config, (model, tokens) => lossOf(model, tokens));
  });

  it('has a gradient for the start vector and every table of an image', () => {
    expectNoSilentWeights(imageConfig, (model, tokens) =>
      tf.mean(crossEntropy(model.apply(tokensOf(tokens.slice(0, 59))), tokensOf(tokens))),
    );
  });

  it('replays dropout from a seed and a step, another mask for each step', () => {
    const model = randomModel({ ...config, dropout: 0.3 });
    const tokens = randomTokens(30, 11);
    const logits = (options?: object) => model.apply(tokensOf(tokens), options).dataSync();
    expect(logits({ dropout: { seed: 1, step: 2 } })).toEqual(logits({ dropout: { seed: 1, step: 2 } }));
    expect(logits({ dropout: { seed: 1, step: 2 } })).not.toEqual(logits({ dropout: { seed: 1, step: 3 } }));
    expect(logits({ dropout: { seed: 1, step: 2 } })).not.toEqual(logits());
  });
});

/** The weights as docs/checkpoints.md names them. */
function shapesOf(config: SparseTransformerConfig): Map<string, number[]> {
  const { vocabulary: V, width: d, queryKeyWidth: k, feedForwardWidth: f, layers } = config;
  const dense = (name: string, inputs: number, outputs: number): [string, number[]][] => [
    [`${name}.weight`, [inputs, outputs]],
    [`${name}.bias`, [outputs]],
  ];
  const norm = (name: string): [string, number[]][] => [
    [`${name}.gain`, [d]],
    [`${name}.bias`, [d]],
  ];
  const block = (name: string) => [
    ...norm(`${name}.attentionNorm`),
    ...['query', 'key'].flatMap((matrix) => dense(`${name}.attention.${matrix}`, d, k)),
    ...['value', 'output'].flatMap((matrix) => dense(`${name}.attention.${matrix}`, d, d)),
    ...norm(`${name}.feedForwardNorm`),
    ...dense(`${name}.feedForward.inner`, d, f),
    ...dense(`${name}.feedForward.outer`, f, d),
  ];
  return new Map<string, number[]>([
    ['token.weight', [V, d]],
    ...positionRows(config).map(([name, rows]): [string, number[]] => [`position.${name}.weight`, [rows, d]]),
    ...(config.start === 'learned' ? [['start.weight', [d]] as [string, number[]]] : []),
    ...Array.from({ length: layers }, (_, layer) => block(`blocks.${layer}`)).flat(),
    ...norm('finalNorm'),
    ['output.weight', [d, V]],
  ]);
}

function positionRows({ positions, length }: SparseTransformerConfig): [table: string, rows: number][] {
  if (positions.kind === 'attention') {
    return [
      ['row', Math.ceil(length / positions.stride)],
      ['column', positions.stride],
    ];
  }
  return [
    ['row', positions.rows],
    ['column', positions.columns],
    ['channel', positions.channels],
  ];
}

describe.each(kinds)('the weights of a model of %s', (_, modelConfig) => {
  it('have the documented names and shapes, in this order', () => {
    const { parameters } = sparseTransformer(modelConfig, { seed: 1 });
    expect([...parameters].map(([name, { shape }]) => [name, shape])).toEqual([...shapesOf(modelConfig)]);
  });

  it('are as many as countParameters says without making them', () => {
    const { parameters } = sparseTransformer(modelConfig, { seed: 1 });
    const size = [...parameters.values()].reduce((total, weight) => total + weight.size, 0);
    expect(countParameters(modelConfig)).toBe(size);
  });
});

describe("the paper's models", () => {
  const strided3 = [strided({ stride: 96 })];
  it.each<[string, number, Partial<SparseTransformerConfig>]>([
    ['enwik8: 95 M', 94.9, { layers: 30, heads: 8, positions: { kind: 'attention', stride: 128 } }],
    [
      'CIFAR-10: 59 M, with half-size queries, keys and feed-forward',
      59.2,
      {
        patterns: strided3,
        length: 3072,
        layers: 128,
        width: 256,
        heads: 2,
        queryKeyWidth: 128,
        feedForwardWidth: 512,
        positions: { kind: 'image', rows: 32, columns: 32, channels: 3 },
        start: 'learned',
      },
    ],
    [
      'ImageNet 64: 152 M',
      151.6,
      {
        patterns: strided3,
        layers: 48,
        heads: 16,
        positions: { kind: 'image', rows: 64, columns: 64, channels: 3 },
        start: 'learned',
      },
    ],
  ])('have as many parameters for %s', (_, millions, changes) => {
    const common = {
      vocabulary: 256,
      length: 12_288,
      width: 512,
      queryKeyWidth: 512,
      feedForwardWidth: 2048,
    };
    const paper = smallConfig([fixed({ block: 128, summary: 32 })], { ...common, ...changes });
    expect((countParameters(checkConfig(paper)) / 1e6).toFixed(1)).toBe(millions.toFixed(1));
  });
});
