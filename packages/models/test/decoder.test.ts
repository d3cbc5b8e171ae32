import '@tensorflow/tfjs-backend-cpu';
import { fixed, local, type Pattern, perHead, strided, summary } from '@sparse-transformers/patterns';
import { expectNoLeaks } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createDecoder,
  type Decoder,
  patternOfLayer,
  type Sequence,
  type SparseTransformerConfig,
} from '../src/index.ts';
import { patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A decoder that has read these prompts. */
async function opened(
  config: SparseTransformerConfig,
  prompts: number[][],
): Promise<{ decoder: Decoder; sequences: Sequence[] }> {
  const decoder = createDecoder(randomModel(config));
  return { decoder, sequences: (await decoder.open(prompts)).map(({ sequence }) => sequence) };
}

/** The first logits of a step of one sequence for each of these tokens. */
async function stepBy(
  decoder: Decoder,
  sequence: Sequence,
  tokens: readonly number[],
): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (const token of tokens) logits.push((await decoder.step([sequence], [token]))[0]!);
  return logits;
}

/** The pattern of each head of each layer. */
function patternOfEachHead(config: SparseTransformerConfig): Pattern[] {
  return Array.from({ length: config.layers }, (_, layer) => patternOfLayer(config, layer)).flatMap(
    (pattern) => pattern.heads ?? Array<Pattern>(config.heads).fill(pattern),
  );
}

/** How many of the positions below `length` some query from there on sees, by asking about every pair. */
function stillSeen(pattern: Pattern, length: number): number {
  const isSeen = (key: number) =>
    Array.from({ length: 100 }, (_, i) => length + i).some((query) => pattern.allows(query, key));
  return Array.from({ length }, (_, key) => key).filter(isSeen).length;
}

describe.each(patternsUnderTest)('a decoder with the pattern %s', (name, patterns) => {
  const config = smallConfig(patterns);
  const tokens = randomTokens(60, config.vocabulary);

  /** From 20 tokens on, what is held before each step, and what the step reads. */
  const steps: { readonly length: number; readonly held: number; readonly read: number }[] = [];

  beforeAll(async () => {
    const { decoder, sequences } = await opened(config, [tokens.slice(0, 20)]);
    for (let length = 20; length < tokens.length; length++) {
      const held = decoder.cachedRows;
      await decoder.step(sequences, [tokens[length]!]);
      steps.push({ length, held, read: decoder.rowsRead });
    }
  });

  it('reads only the keys that the pattern shows, once a head', () => {
    const shown = steps.map(({ length }) =>
      patternOfEachHead(config).reduce((rows, pattern) => rows + pattern.keys(length).length, 0),
    );
    expect(steps.map(({ read }) => read)).toEqual(shown);
  });

  it('holds what later tokens can still see, once a head', () => {
    for (const { length, held } of steps.filter((_, index) => index % 3 === 0)) {
      const needed = patternOfEachHead(config).map((pattern) => stillSeen(pattern, length));
      const rows = needed.reduce((a, b) => a + b);
      // The last query of these is only known to be no earlier than the truth.
      if (name === 'and' || name === 'predicate') expect(held).toBeGreaterThanOrEqual(rows);
      else expect(held).toBe(rows);
    }
  });
});

it('a local pattern holds one window less one, however long the text', async () => {
  const config = smallConfig([local({ window: 8 })]);
  const { decoder } = await opened(config, [randomTokens(200, config.vocabulary)]);
  expect(decoder.cachedRows).toBe(config.layers * config.heads * 7);
});

it('a head holds nothing of the summaries that only another head sees', async () => {
  const config = smallConfig([perHead([0, 1, 2, 3].map((slot) => summary({ block: 4, summary: 1, slot })))]);
  const { decoder } = await opened(config, [randomTokens(40, config.vocabulary)]);
  expect(decoder.cachedRows).toBe(config.layers * 40);
});

it('counts the rows of all open sequences, and reads those of a step', async () => {
  const config = smallConfig([strided({ stride: 8 })]);
  const each = config.layers * config.heads;
  const { decoder, sequences } = await opened(config, [[1, 2, 3], [4]]);
  expect(decoder.cachedRows).toBe(each * 4);
  await decoder.step(sequences, [5, 6]);
  expect(decoder.cachedRows).toBe(each * 6);
  expect(decoder.rowsRead).toBe(each * (4 + 2));
  await decoder.step(sequences.slice(1), [6]);
  expect(decoder.rowsRead).toBe(each * 3);
  decoder.close(sequences[0]!);
  expect(decoder.cachedRows).toBe(each * 3);
});

describe('a decoder', () => {
  const config = smallConfig([fixed({ block: 4, summary: 1 })], { length: 12 });

  it('takes typed arrays as prompts and tokens', async () => {
    const model = randomModel(config);
    const [typed, plain] = [createDecoder(model), createDecoder(model)];
    const [ofTyped] = await typed.open([Int32Array.of(1, 2)]);
    const [ofPlain] = await plain.open([[1, 2]]);
    expect(ofTyped!.logits).toEqual(ofPlain!.logits);
    const logits = await typed.step([ofTyped!.sequence], Int32Array.of(3));
    expect(logits).toEqual(await plain.step([ofPlain!.sequence], [3]));
  });

  it('steps any of its sequences, in any order, and leaves the others as they are', async () => {
    const alone = async (prompt: number[], tokens: number[]) => {
      const { decoder, sequences } = await opened(config, [prompt]);
      return stepBy(decoder, sequences[0]!, tokens);
    };
    const { decoder, sequences } = await opened(config, [[1, 2, 3], [4], [5, 6]]);
    const [a, b, c] = sequences as [Sequence, Sequence, Sequence];
    const first = await decoder.step([c, a], [7, 8]);
    const second = await decoder.step([b], [9]);
    const third = await decoder.step([a, b, c], [10, 1, 2]);
    expectClose([first[1]!, third[0]!], await alone([1, 2, 3], [8, 10]));
    expectClose([second[0]!, third[1]!], await alone([4], [9, 1]));
    expectClose([first[0]!, third[2]!], await alone([5, 6], [7, 2]));
    expect(sequences.map(({ length }) => length)).toEqual([5, 3, 4]);
  });

  it('takes in new sequences between steps', async () => {
    const { decoder, sequences } = await opened(config, [[1, 2, 3]]);
    await decoder.step(sequences, [4]);
    const [later] = await decoder.open([[5, 6]]);
    const both = await decoder.step([...sequences, later!.sequence], [7, 8]);
    const alone = await opened(config, [[5, 6]]);
    expectClose([both[1]!], await alone.decoder.step(alone.sequences, [8]));
  });

  it('forks a sequence into two that share nothing', async () => {
    const { decoder, sequences } = await opened(config, [[1, 2, 3, 4, 5]]);
    const original = sequences[0]!;
    const fork = decoder.fork(original);
    expect(fork.length).toBe(5);
    const tokens = [6, 7, 8, 9];
    const ofFork = await stepBy(decoder, fork, tokens);
    expect(original.length).toBe(5);
    expect(await stepBy(decoder, original, tokens)).toEqual(ofFork);
    decoder.close(original);
    expect((await decoder.step([fork], [1]))[0]).toHaveLength(config.vocabulary);
  });

  it('begins with no token at all where the start is learned, up to the last token but one', async () => {
    const learned = { ...config, start: 'learned' as const };
    const { decoder, sequences } = await opened(learned, [[], [1, 2]]);
    expect(await decoder.step(sequences, [3, 4])).toHaveLength(2);
    const [full] = await decoder.open([[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]);
    await expect(decoder.step([full!.sequence], [1])).rejects.toThrow(/sequence 0 has 11 tokens already/);
    await expect(decoder.open([Array<number>(12).fill(1)])).rejects.toThrow(/has 12 tokens, .* at most 11/);
  });

  it('refuses a token once a sequence is as long as the model, and says which and what to do', async () => {
    const { decoder, sequences } = await opened(config, [[1], Array<number>(12).fill(1)]);
    await expect(decoder.step(sequences, [1, 1])).rejects.toThrow(
      /sequence 1 has 12 tokens already.*Close it and open its last tokens/,
    );
  });

  it.each([
    ['no prompt', [], /at least one prompt/],
    ['an empty prompt', [[1], []], /prompt 1 is empty.*no learned start/],
    ['a prompt longer than the model', [Array<number>(13).fill(1)], /prompt 0 has 13 tokens.*at most 12/],
    ['a token outside the vocabulary', [[1, 11]], /prompt 0: a token must be .* 0 to 10, but token 1 is 11/],
    ['half a token', [[0.5]], /token 0 is 0.5/],
  ])('refuses %s', async (_, prompts, message) => {
    await expect(createDecoder(randomModel(config)).open(prompts)).rejects.toThrow(message);
  });

  it('is unchanged by a step that it refuses', async () => {
    const { decoder, sequences } = await opened(config, [[1], [2]]);
    const [first, second] = sequences as [Sequence, Sequence];
    const untouched = await opened(config, [[1], [2]]);
    const closed = decoder.fork(first);
    decoder.close(closed);
    decoder.close(closed);
    await expect(decoder.step(sequences, [1])).rejects.toThrow(
      /2 tokens are needed, one a sequence, but 1 came/,
    );
    await expect(decoder.step(sequences, [1, -1])).rejects.toThrow(/token 1 is -1/);
    await expect(decoder.step(sequences, [1, Number.NaN])).rejects.toThrow(/token 1 is NaN/);
    await expect(decoder.step([first, second, first], [1, 1, 1])).rejects.toThrow(
      /once, but number 2 is there before/,
    );
    await expect(decoder.step([first, closed], [1, 1])).rejects.toThrow(
      /step: this sequence is not open here/,
    );
    await expect(decoder.step(untouched.sequences, [1, 1])).rejects.toThrow(/not open here/);
    expect(() => decoder.fork(closed)).toThrow(/fork: this sequence is not open here/);
    expect(await decoder.step(sequences, [3, 4])).toEqual(
      await untouched.decoder.step(untouched.sequences, [3, 4]),
    );
  });

  it('closes the sequences of a step in which the engine fails, and those alone', async () => {
    const model = randomModel(config);
    const decoder = createDecoder(model);
    const both = await decoder.open([[1], [2]]);
    const [first, second] = both.map(({ sequence }) => sequence) as [Sequence, Sequence];
    const { merge } = model.parts.blocks[1]!.parts.attention;
    Object.assign(model.parts.blocks[1]!.parts.attention, {
      merge: () => {
        throw new Error('lost the device');
      },
    });
    await expect(decoder.step([first], [3])).rejects.toThrow('lost the device');
    Object.assign(model.parts.blocks[1]!.parts.attention, { merge });
    await expect(decoder.step([first], [3])).rejects.toThrow(/not open here/);
    expect(await decoder.step([second], [3])).toHaveLength(1);
  });

  it('gives the same for sequences whose steps overlap as one after the other', async () => {
    const prompts = [[1, 2, 3], [4], [5, 6]];
    const { decoder, sequences } = await opened(config, prompts);
    const together = await Promise.all(sequences.map((sequence) => decoder.step([sequence], [7])));
    const apart = await opened(config, prompts);
    for (const [index, sequence] of apart.sequences.entries())
      expect(together[index]).toEqual(await apart.decoder.step([sequence], [7]));
  });

  it('refuses a sequence whose step is not done, and is unchanged', async () => {
    const { decoder, sequences } = await opened(config, [[1], [2]]);
    const [first, second] = sequences as [Sequence, Sequence];
    const step = decoder.step([first], [3]);
    await expect(decoder.step([second, first], [4, 4])).rejects.toThrow(
      /step: this sequence is in a step that isn't done\. Await/,
    );
    expect(() => decoder.fork(first)).toThrow(/fork: this sequence is in a step/);
    expect(await step).toHaveLength(1);
    const untouched = await opened(config, [[2]]);
    expectClose(await decoder.step([second], [4]), await untouched.decoder.step(untouched.sequences, [4]));
    expect(decoder.fork(first).length).toBe(2);
  });

  it('closes a sequence in the middle of its step', async () => {
    const { decoder, sequences } = await opened(config, [[1], [2]]);
    const step = decoder.step(sequences, [3, 3]);
    decoder.close(sequences[0]!);
    expect(await step).toHaveLength(2);
    await expect(decoder.step(sequences, [3, 3])).rejects.toThrow(/not open here/);
    expect(await decoder.step(sequences.slice(1), [3])).toHaveLength(1);
  });

  it('leaves no tensor behind', async () => {
    const model = randomModel(config);
    await expectNoLeaks(async () => {
      const decoder = createDecoder(model);
      const sequences = (await decoder.open([[1, 2], [3]])).map(({ sequence }) => sequence);
      await decoder.step(sequences, [4, 5]);
      return [];
    });
  });
});

/** Batches of other sizes may round otherwise, in the last bits. */
function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  const gaps = actual.flatMap((row, index) =>
    Array.from(row, (cell, token) => Math.abs(cell - expected[index]![token]!)),
  );
  expect(Math.max(...gaps)).toBeLessThan(1e-5);
}
