import '@tensorflow/tfjs-backend-cpu';
import { fixed, local, type Pattern, strided } from '@sparse-transformers/patterns';
import { expectNoLeaks } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { patternOfLayer, type SparseTransformerConfig, startDecoder } from '../src/index.ts';
import { patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The pattern of each head of each layer. */
function patternOfEachHead(config: SparseTransformerConfig): Pattern[] {
  return Array.from({ length: config.layers }, (_, layer) => patternOfLayer(config, layer)).flatMap(
    (pattern) => pattern.heads ?? Array<Pattern>(config.heads).fill(pattern),
  );
}

/** How many of the positions below `length` some query from there on sees, by asking about every pair. */
function stillSeen(pattern: Pattern, length: number): number {
  const heads = pattern.heads ?? [pattern];
  const isSeen = (key: number) =>
    heads.some((head) =>
      Array.from({ length: 100 }, (_, i) => length + i).some((query) => head.allows(query, key)),
    );
  return Array.from({ length }, (_, key) => key).filter(isSeen).length;
}

describe.each(patternsUnderTest)('a decoder with the pattern %s', (name, patterns) => {
  const config = smallConfig(patterns);
  const tokens = randomTokens(60, config.vocabulary);

  it('reads only the keys that the pattern shows, once a head', () => {
    const { decoder } = startDecoder(randomModel(config), [tokens.slice(0, 20)]);
    for (let position = 20; position < tokens.length; position++) {
      decoder.step([tokens[position]!]);
      const shown = patternOfEachHead(config).map((pattern) => pattern.keys(position).length);
      expect(decoder.rowsRead).toBe(shown.reduce((a, b) => a + b));
    }
  });

  it('holds what later tokens can still see', () => {
    const { decoder } = startDecoder(randomModel(config), [tokens.slice(0, 20)]);
    for (let length = 20; length < tokens.length; length++) {
      const needed = Array.from({ length: config.layers }, (_, layer) =>
        stillSeen(patternOfLayer(config, layer), length),
      ).reduce((a, b) => a + b);
      // The last query of an intersection is only known to be no later than that of its parts.
      if (name === 'and') expect(decoder.cachedRows).toBeGreaterThanOrEqual(needed);
      else expect(decoder.cachedRows).toBe(needed);
      decoder.step([tokens[length]!]);
    }
  });
});

it('a local pattern holds one window less one, however long the text', () => {
  const config = smallConfig([local({ window: 8 })]);
  const { decoder } = startDecoder(randomModel(config), [randomTokens(200, config.vocabulary)]);
  expect(decoder.cachedRows).toBe(config.layers * 7);
});

it('counts the rows of all sequences', () => {
  const config = smallConfig([strided({ stride: 8 })]);
  const { decoder } = startDecoder(randomModel(config), [[1, 2, 3], [4]]);
  expect(decoder.cachedRows).toBe(config.layers * 4);
  decoder.step([5, 6]);
  expect(decoder.cachedRows).toBe(config.layers * 6);
  expect(decoder.rowsRead).toBe(config.layers * config.heads * (4 + 2));
});

describe('a decoder', () => {
  const config = smallConfig([fixed({ block: 4, summary: 1 })], { length: 5 });

  it('takes typed arrays as prompts and tokens', () => {
    const model = randomModel(config);
    const [typed, plain] = [startDecoder(model, [Int32Array.of(1, 2)]), startDecoder(model, [[1, 2]])];
    expect(typed.logits).toEqual(plain.logits);
    expect(typed.decoder.step(Int32Array.of(3))).toEqual(plain.decoder.step([3]));
  });

  it('refuses a token once a sequence is as long as the model, and says which and what to do', () => {
    const { decoder } = startDecoder(randomModel(config), [[1], [1, 2, 3, 4, 5]]);
    expect(() => decoder.step([1, 1])).toThrow(/sequence 1 has 5 tokens already.*Start a new decoder/);
  });

  it.each([
    ['no prompt', [], /at least one prompt/],
    ['an empty prompt', [[1], []], /prompt 1 must have 1 to 5 tokens.*has 0/],
    ['a prompt longer than the model', [[1, 1, 1, 1, 1, 1]], /prompt 0 must have 1 to 5 tokens.*has 6/],
    ['a token outside the vocabulary', [[1, 11]], /prompt 0: a token must be .* 0 to 10, but token 1 is 11/],
    ['half a token', [[0.5]], /token 0 is 0.5/],
  ])('refuses %s', (_, prompts, message) => {
    expect(() => startDecoder(randomModel(config), prompts)).toThrow(message);
  });

  it('is unchanged by a step that it refuses', () => {
    const { decoder } = startDecoder(randomModel(config), [[1], [2]]);
    const untouched = startDecoder(randomModel(config), [[1], [2]]).decoder;
    expect(() => decoder.step([1])).toThrow(/2 tokens are needed, one a sequence, but 1 came/);
    expect(() => decoder.step([1, -1])).toThrow(/token 1 is -1/);
    expect(() => decoder.step([1, Number.NaN])).toThrow(/token 1 is NaN/);
    expect(decoder.step([3, 4])).toEqual(untouched.step([3, 4]));
  });

  it('leaves no tensor behind', async () => {
    const model = randomModel(config);
    await expectNoLeaks(() => {
      const { decoder } = startDecoder(model, [[1, 2], [3]]);
      decoder.step([4, 5]);
      return [];
    });
  });
});
