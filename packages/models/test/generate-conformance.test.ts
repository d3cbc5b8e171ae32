/** The tokens that cached decoding chooses, against those of the uncached forward, on every engine. */
import { describe, expect, it } from 'vitest';
import { type Choice, chooseToken, generate, type SparseTransformer, samplingNumber } from '../src/index.ts';
import { onEveryEngine } from './engines-under-test.ts';
import { kindsUnderTest, patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';
import { uncachedLogits } from './uncached-logits.ts';

/** Tokens after each prompt: with the longer one, over the edge of a tile of 64. */
const count = 20;

/** Generates after two prompts, the shortest and a longer one, and chooses again from the uncached logits of the whole. */
async function expectSameTokens(model: SparseTransformer, choice: Choice): Promise<void> {
  const { start, vocabulary } = model.config;
  const isLearned = start === 'learned';
  const prompts = [isLearned ? [] : [3], randomTokens(50, vocabulary, 8)];
  const texts = prompts.map((prompt) => [...prompt]);
  for await (const tokens of generate(model, prompts, { ...choice, tokens: count, seed: 4 })) {
    for (const [sample, text] of texts.entries()) text.push(tokens[sample]!);
  }
  for (const [sample, text] of texts.entries()) {
    const given = prompts[sample]!.length;
    const logits = await uncachedLogits(model, text.slice(0, -1));
    const again = Array.from({ length: count }, (_, token) => {
      const uniform = samplingNumber({ seed: 4, sample, token });
      return chooseToken(Float32Array.from(logits[given + token - (isLearned ? 0 : 1)]!), choice, uniform);
    });
    expect(text.slice(given)).toEqual(again);
  }
}

onEveryEngine('generating', () => {
  // The patterns take turns at the temperatures; the kinds of models are tried at both.
  it.each(
    patternsUnderTest.map(([name, patterns], index) => [name, index % 2 === 0 ? 0 : 0.9, patterns] as const),
  )('%s: generates the tokens that the uncached model would, at temperature %s', (_, temperature, patterns) =>
    expectSameTokens(randomModel(smallConfig(patterns)), { temperature }),
  );

  describe.each(kindsUnderTest)('%s', (_, patterns, changes) => {
    const config = smallConfig(patterns, changes);

    it.each([0, 0.9])(
      'generates the tokens that the uncached model would, at temperature %s',
      (temperature) => expectSameTokens(randomModel(config), { temperature, topK: 9, topP: 0.95 }),
    );
  });
});
