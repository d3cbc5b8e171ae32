/**
 * Cached decoding against the uncached forward, on every engine, for every pattern, at every position. Which tokens both choose:
 * generate-conformance.test.ts.
 *
 * How near is near: both are held to the float64 oracle, by twice the largest error of the plain float32 loops plus a unit in the last place. So
 * the two differ by no more than four such errors. The loops are rounded to the nearest, and three times by chance, and the largest error counts: that
 * of one order of sums is small by luck at times, and engine tensorflow was up to 2.1 times off it on one processor.
 */
import { errorWithin } from '@sparse-transformers/testing';
import { describe, expect, it } from 'vitest';
import { createDecoder, type SparseTransformer } from '../src/index.ts';
import { onEveryEngine } from './engines-under-test.ts';
import { oracleLogits } from './model-oracle.ts';
import { kindsUnderTest, patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';
import { randomRounding } from './random-rounding.ts';
import { uncachedLogits } from './uncached-logits.ts';

/** Two tiles of 64, the largest that plans choose by themselves, and one more; so also four of 32 and one more. */
const length = 2 * 64 + 1;
/** Prompts of one text that are gone on from together, the first to where the second begins: so every position is decoded. */
const starts = [1, 65];
const stepsToNext = length - starts.at(-1)!;
const steps = 4;
const promptLengths = [1, 31, 64, 65];

interface Expected {
  readonly exact: Float64Array[];
  /** With float32's rounding: to the nearest, then by chance. */
  readonly rounded: readonly Float64Array[][];
}

/** The oracle doesn't depend on the engine, so each answer is worked out once. */
const known = new Map<string, Expected>();

function expected(key: string, model: SparseTransformer, tokens: readonly number[]): Expected {
  const answer = known.get(key) ?? {
    exact: oracleLogits(model, tokens),
    rounded: [Math.fround, ...[1, 2, 3].map(randomRounding)].map((round) =>
      oracleLogits(model, tokens, round),
    ),
  };
  known.set(key, answer);
  return answer;
}

/** The answers at some positions. */
function rowsOf({ exact, rounded }: Expected, positions: readonly number[]): Expected {
  const those = (rows: readonly Float64Array[]) => positions.map((at) => rows[at]!);
  return { exact: those(exact), rounded: rounded.map(those) };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function expectNear(what: string, actual: readonly ArrayLike<number>[], expected: Expected): void {
  const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
  const exact = flat(expected.exact);
  const error = (values: number[]) =>
    values.reduce((most, value, cell) => Math.max(most, Math.abs(value - exact[cell]!)), 0);
  const plain = expected.rounded.map(flat).reduce((worst, one) => (error(one) > error(worst) ? one : worst));
  errorWithin(what, { actual: flat(actual), exact, plain });
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

onEveryEngine('decoding', () => {
  describe.each(patternsUnderTest)('%s', (name, patterns) => {
    const config = smallConfig(patterns);
    const tokens = randomTokens(length, config.vocabulary);

    it('gives the logits of the model at every position, token by token', async () => {
      const model = randomModel(config);
      const oracle = expected(name, model, tokens);
      expectNear('uncached', await uncachedLogits(model, tokens), oracle);
      const { rounds } = await decodedLogits(
        model,
        starts.map((start) => tokens.slice(0, start)),
        starts.map((start) => tokens.slice(start, start + stepsToNext)),
      );
      const positions = starts.map((start) => range(start - 1, start + stepsToNext));
      expect(new Set(positions.flat()).size).toBe(length);
      const decoded = starts.flatMap((_, sequence) => rounds.map((round) => round[sequence]!));
      expectNear('decoded', decoded, rowsOf(oracle, positions.flat()));
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
      const answers = texts.map((text, sequence) => expected(`${name} ${sequence}`, model, text));
      expectNear(
        `prompts of ${promptLengths}`,
        // The positions before count as exact; without their plain errors, those of a few rows would say little of what rounding may do.
        answers.flatMap(({ exact }, sequence) => [
          ...exact.slice(0, -steps - 1),
          ...rounds.map((round) => round[sequence]!),
        ]),
        {
          exact: answers.flatMap(({ exact }) => exact),
          rounded: answers[0]!.rounded.map((_, rounding) =>
            answers.flatMap(({ rounded }) => rounded[rounding]!),
          ),
        },
      );
      expect(lengths).toEqual(texts.map((text) => text.length));
    });
  });

  it('gives the logits of the model in one run from the first token to the last', async () => {
    const [name, patterns] = patternsUnderTest.find(([name]) => name === 'mixed per head')!;
    const config = smallConfig(patterns);
    const model = randomModel(config);
    const tokens = randomTokens(length, config.vocabulary);
    const { rounds } = await decodedLogits(model, [tokens.slice(0, 1)], [tokens.slice(1)]);
    expectNear('decoded', rounds.flat(), expected(name, model, tokens));
  });

  describe.each(kindsUnderTest)('%s', (name, patterns, changes) => {
    const config = smallConfig(patterns, changes);
    const learned = config.start === 'learned';

    it('gives the logits of the model at every position, from the first that it can', async () => {
      const model = randomModel(config);
      const tokens = randomTokens(Math.min(length, config.length - 1), config.vocabulary);
      const oracle = expected(name, model, tokens);
      expectNear('uncached', await uncachedLogits(model, tokens), oracle);
      const first = learned ? 0 : 1;
      const { rounds } = await decodedLogits(model, [tokens.slice(0, first)], [tokens.slice(first)]);
      expectNear('decoded', rounds.flat(), oracle);
    });
  });
});
