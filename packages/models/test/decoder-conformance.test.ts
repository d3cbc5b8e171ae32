/**
 * Cached decoding against the uncached forward, on every engine, for every pattern, at every position.
 *
 * How near is near: both are held to the float64 oracle, by twice the largest error of the plain float32 loops plus half
 * a unit in the last place. So the two differ by no more than four such errors. Seen on cpu, for logits up to 5:
 * plain 2e-6 to 4e-6; uncached up to 1.45 times that, cached up to 1.32 times; the two apart by 2.4e-6 at most.
 */
import { errorWithin } from '@sparse-transformers/testing';
import { tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type SparseTransformer, startDecoder } from '../src/index.ts';
import { onEveryEngine } from './engines-under-test.ts';
import { oracleLogits } from './model-oracle.ts';
import { patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

/** Four tiles of 64, the largest that plans choose by themselves, and one more; so also eight of 32 and one more. */
const length = 4 * 64 + 1;
const steps = 4;
const promptLengths = [1, 31, 64, 65, 130];

interface Expected {
  readonly exact: Float64Array[];
  readonly plain: Float64Array[];
}

/** The oracle doesn't depend on the engine, so each answer is worked out once. */
const known = new Map<string, Expected>();

function expected(key: string, model: SparseTransformer, tokens: readonly number[]): Expected {
  const answer = known.get(key) ?? {
    exact: oracleLogits(model, tokens),
    plain: oracleLogits(model, tokens, Math.fround),
  };
  known.set(key, answer);
  return answer;
}

function expectNear(what: string, actual: readonly ArrayLike<number>[], { exact, plain }: Expected): void {
  const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
  errorWithin(what, { actual: flat(actual), exact: flat(exact), plain: flat(plain) });
}

onEveryEngine('decoding', () => {
  describe.each(patternsUnderTest)('%s', (name, patterns) => {
    const config = smallConfig(patterns);
    const tokens = randomTokens(length, config.vocabulary);

    it('gives the logits of the model at every position, token by token', async () => {
      const model = randomModel(config);
      const oracle = expected(name, model, tokens);
      const uncached = await model.apply(tensor2d([tokens], [1, length], 'int32')).array();
      expectNear('uncached', uncached[0]!, oracle);

      const { decoder, logits } = startDecoder(model, [tokens.slice(0, 1)]);
      const decoded = [logits[0]!, ...tokens.slice(1).map((token) => decoder.step([token])[0]!)];
      expectNear('decoded', decoded, oracle);
    });

    it('goes on from prompts of unequal lengths, each as if alone', async () => {
      const model = randomModel(config);
      const texts = promptLengths.map((prompt, seed) =>
        randomTokens(prompt + steps, config.vocabulary, seed),
      );
      const { decoder, logits } = startDecoder(
        model,
        texts.map((text) => text.slice(0, -steps)),
      );
      const rounds = [logits];
      for (let step = 0; step < steps; step++) {
        rounds.push(decoder.step(texts.map((text) => text.at(step - steps)!)));
      }
      // Held together with the positions before them: the largest plain error of a few rows says little of what rounding may do.
      const answers = texts.map((text, sequence) => expected(`${name} ${sequence}`, model, text));
      const before = await Promise.all(
        texts.map(async (text) => {
          const uncached = await model.apply(tensor2d([text], [1, text.length], 'int32')).array();
          return uncached[0]!.slice(0, -steps - 1);
        }),
      );
      expectNear(
        `prompts of ${promptLengths}`,
        texts.flatMap((_, sequence) => [...before[sequence]!, ...rounds.map((round) => round[sequence]!)]),
        {
          exact: answers.flatMap(({ exact }) => exact),
          plain: answers.flatMap(({ plain }) => plain),
        },
      );
      expect(decoder.lengths).toEqual(texts.map((text) => text.length));
    });
  });
});
