/**
 * Cached decoding against the uncached forward, on every engine, for every pattern, at every position; and the tokens that
 * both choose.
 *
 * How near is near: both are held to the float64 oracle, by twice the largest error of the plain float32 loops plus a unit in the last place. So
 * the two differ by no more than four such errors. The loops are taken twice, rounded to the nearest and by chance, and the larger error counts:
 * that of one order of sums is small by luck at times, and engine tensorflow was up to 2.1 times off it on one processor.
 */
import { errorWithin } from '@sparse-transformers/testing';
import { tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  type Choice,
  chooseToken,
  createDecoder,
  generate,
  type SparseTransformer,
  type SparseTransformerConfig,
  samplingNumber,
} from '../src/index.ts';
import { onEveryEngine } from './engines-under-test.ts';
import { oracleLogits } from './model-oracle.ts';
import { patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';
import { randomRounding } from './random-rounding.ts';

/** Four tiles of 64, the largest that plans choose by themselves, and one more; so also eight of 32 and one more. */
const length = 4 * 64 + 1;
const steps = 4;
const promptLengths = [1, 31, 64, 65, 130];

interface Expected {
  readonly exact: Float64Array[];
  /** Rounded to the nearest. */
  readonly plain: Float64Array[];
  /** Rounded by chance. */
  readonly random: Float64Array[];
}

/** The oracle doesn't depend on the engine, so each answer is worked out once. */
const known = new Map<string, Expected>();

function expected(key: string, model: SparseTransformer, tokens: readonly number[]): Expected {
  const answer = known.get(key) ?? {
    exact: oracleLogits(model, tokens),
    plain: oracleLogits(model, tokens, Math.fround),
    random: oracleLogits(model, tokens, randomRounding(1)),
  };
  known.set(key, answer);
  return answer;
}

function expectNear(what: string, actual: readonly ArrayLike<number>[], expected: Expected): void {
  const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
  const [exact, plain, random] = [expected.exact, expected.plain, expected.random].map(flat) as number[][];
  const error = (values: number[]) =>
    values.reduce((most, value, cell) => Math.max(most, Math.abs(value - exact![cell]!)), 0);
  const worse = error(random!) > error(plain!) ? random! : plain!;
  errorWithin(what, { actual: flat(actual), exact: exact!, plain: worse });
}

async function uncachedLogits(model: SparseTransformer, tokens: readonly number[]): Promise<number[][]> {
  const logits = model.apply(tensor2d(Int32Array.from(tokens), [1, tokens.length], 'int32'));
  return (await logits.array())[0]!;
}

/** The logits after each prompt, and after each of the tokens that follow, one a round. */
async function decodedLogits(
  model: SparseTransformer,
  prompts: readonly number[][],
  rest: readonly number[][],
) {
  const decoder = createDecoder(model);
  const opened = await decoder.open(prompts);
  const sequences = opened.map(({ sequence }) => sequence);
  const rounds = [opened.map(({ logits }) => logits)];
  for (const round of rest[0]!.keys()) {
    rounds.push(
      await decoder.step(
        sequences,
        rest.map((tokens) => tokens[round]!),
      ),
    );
  }
  return { rounds, lengths: sequences.map((sequence) => sequence.length) };
}

/** Generates after two prompts, the shortest and a longer one, and chooses again from the uncached logits of the whole. */
async function expectSameTokens(model: SparseTransformer, choice: Choice): Promise<void> {
  const { start, vocabulary } = model.config;
  const isLearned = start === 'learned';
  const prompts = [isLearned ? [] : [3], randomTokens(30, vocabulary, 8)];
  const texts = prompts.map((prompt) => [...prompt]);
  for await (const tokens of generate(model, prompts, { ...choice, tokens: 40, seed: 4 })) {
    for (const [sample, text] of texts.entries()) text.push(tokens[sample]!);
  }
  for (const [sample, text] of texts.entries()) {
    const given = prompts[sample]!.length;
    const logits = await uncachedLogits(model, text.slice(0, -1));
    const again = Array.from({ length: 40 }, (_, token) => {
      const uniform = samplingNumber({ seed: 4, sample, token });
      return chooseToken(Float32Array.from(logits[given + token - (isLearned ? 0 : 1)]!), choice, uniform);
    });
    expect(text.slice(given)).toEqual(again);
  }
}

/** Models of each kind of data, small. */
const kinds: readonly (readonly [
  string,
  (typeof patternsUnderTest)[number][1],
  Partial<SparseTransformerConfig>,
])[] = [
  ['a text model', patternsUnderTest.find(([name]) => name === 'slots per head')![1], {}],
  [
    'an image model with a learned start and narrow queries',
    patternsUnderTest.find(([name]) => name === 'interleaved')![1],
    {
      length: 6 * 4 * 3,
      positions: { kind: 'image', rows: 6, columns: 4, channels: 3 },
      start: 'learned',
      width: 16,
      queryKeyWidth: 8,
    },
  ],
  [
    'an audio model with a learned start',
    patternsUnderTest.find(([name]) => name === 'strided')![1],
    { vocabulary: 40, start: 'learned' },
  ],
];

onEveryEngine('decoding', () => {
  describe.each(patternsUnderTest)('%s', (name, patterns) => {
    const config = smallConfig(patterns);
    const tokens = randomTokens(length, config.vocabulary);

    it('gives the logits of the model at every position, token by token', async () => {
      const model = randomModel(config);
      const oracle = expected(name, model, tokens);
      expectNear('uncached', await uncachedLogits(model, tokens), oracle);
      const { rounds } = await decodedLogits(model, [tokens.slice(0, 1)], [tokens.slice(1)]);
      expectNear('decoded', rounds.flat(), oracle);
    });

    it('goes on from prompts of unequal lengths, each as if alone', async () => {
      const model = randomModel(config);
      const texts = promptLengths.map((prompt, seed) =>
        randomTokens(prompt + steps, config.vocabulary, seed),
      );
      const { rounds, lengths } = await decodedLogits(
        model,
        texts.map((text) => text.slice(0, -steps)),
        texts.map((text) => text.slice(-steps)),
      );
      // Held together with the positions before them: the largest plain error of a few rows says little of what rounding may do.
      const answers = texts.map((text, sequence) => expected(`${name} ${sequence}`, model, text));
      const before = await Promise.all(
        texts.map(async (text) => (await uncachedLogits(model, text)).slice(0, -steps - 1)),
      );
      expectNear(
        `prompts of ${promptLengths}`,
        texts.flatMap((_, sequence) => [...before[sequence]!, ...rounds.map((round) => round[sequence]!)]),
        {
          exact: answers.flatMap(({ exact }) => exact),
          plain: answers.flatMap(({ plain }) => plain),
          random: answers.flatMap(({ random }) => random),
        },
      );
      expect(lengths).toEqual(texts.map((text) => text.length));
    });

    it.each([0, 0.9])(
      'generates the tokens that the uncached model would, at temperature %s',
      (temperature) => expectSameTokens(randomModel(config), { temperature }),
    );
  });

  describe.each(kinds)('%s', (name, patterns, changes) => {
    const config = smallConfig(patterns, changes);
    const learned = config.start === 'learned';

    it('gives the logits of the model at every position, from the first that it can', async () => {
      const model = randomModel(config);
      const tokens = randomTokens(Math.min(200, config.length - 1), config.vocabulary);
      const oracle = expected(name, model, tokens);
      expectNear('uncached', await uncachedLogits(model, tokens), oracle);
      const first = learned ? 0 : 1;
      const { rounds } = await decodedLogits(model, [tokens.slice(0, first)], [tokens.slice(first)]);
      expectNear('decoded', rounds.flat(), oracle);
    });

    it.each([0, 0.9])(
      'generates the tokens that the uncached model would, at temperature %s',
      (temperature) => expectSameTokens(randomModel(config), { temperature, topK: 9, topP: 0.95 }),
    );
  });
});
