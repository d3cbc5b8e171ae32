import '@tensorflow/tfjs-backend-cpu';
import { fixed } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  chooseToken,
  createDecoder,
  type GenerateOptions,
  generate,
  type SparseTransformer,
  samplingNumber,
} from '../src/index.ts';
import { randomModel, smallConfig } from './random-model.ts';

const length = 48;
const vocabulary = 11;

let model: SparseTransformer;
beforeAll(async () => {
  await tf.setBackend('cpu');
  model = randomModel(smallConfig([fixed({ block: 8, summary: 2 })], { length }));
});

const prompt = [3, 1, 4];

async function collect(options: Partial<GenerateOptions> = {}, after = prompt): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, [after], { tokens: 12, ...options })) tokens.push(token[0]!);
  return tokens;
}

describe('generate', () => {
  it('gives the tokens that the uncached model would choose, one after the other', async () => {
    const choice = { temperature: 0.8, topK: 5 };
    const tokens = await collect({ ...choice, seed: 9, sample: 2 });
    const text = [...prompt];
    for (let token = 0; token < 12; token++) {
      const logits = model
        .apply(tf.tensor2d([text], [1, text.length], 'int32'))
        .dataSync()
        .slice(-vocabulary);
      text.push(chooseToken(logits as Float32Array, choice, samplingNumber({ seed: 9, sample: 2, token })));
    }
    expect(tokens).toEqual(text.slice(3));
  });

  it('is the same for the same seed, and another for another seed or sample', async () => {
    const tokens = await collect({ seed: 5 });
    expect(await collect({ seed: 5 })).toEqual(tokens);
    expect(await collect({ seed: 6 })).not.toEqual(tokens);
    expect(await collect({ seed: 5, sample: 1 })).not.toEqual(tokens);
  });

  it('does not care about the seed at temperature 0', async () => {
    expect(await collect({ temperature: 0, seed: 1 })).toEqual(await collect({ temperature: 0, seed: 2 }));
  });

  it('begins alike, however many tokens are asked for', async () => {
    expect((await collect({ tokens: 20 })).slice(0, 12)).toEqual(await collect());
  });

  it('fills the model up to its length, and no further', async () => {
    expect(await collect({ tokens: length - 3 })).toHaveLength(length - 3);
    await expect(collect({ tokens: length - 2 })).rejects.toThrow(
      /prompt has 3 tokens and 46 more.*at most 48.*Shorten the prompt or ask for fewer/,
    );
  });

  it('stops at the next token once its signal is aborted, with the reason', async () => {
    const stopping = new AbortController();
    const tokens: number[] = [];
    const run = async () => {
      for await (const [token] of generate(model, [prompt], { tokens: 40, signal: stopping.signal })) {
        tokens.push(token!);
        // From outside the loop: the generator must give other work its turn.
        if (tokens.length === 1) setImmediate(() => stopping.abort(new Error('enough')));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(tokens.length).toBeLessThan(4);
  });

  it('does nothing for a signal that is aborted already', async () => {
    await expect(collect({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('leaves no tensor behind, also when its reader leaves early', async () => {
    const before = tf.memory().numTensors;
    await collect();
    for await (const [token] of generate(model, [prompt], { tokens: 40 })) if (token! >= 0) break;
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, Partial<GenerateOptions>]>([
    ['tokens', { tokens: 0 }],
    ['tokens', { tokens: 1.5 }],
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: Number.POSITIVE_INFINITY }],
    ['topK', { topK: 0 }],
    ['topP', { topP: 0 }],
    ['topP', { topP: 1.01 }],
    ['seed', { seed: 2 ** 53 }],
    ['sample', { sample: -1 }],
  ])('refuses by name a bad %s: %o', async (name, options) => {
    await expect(collect(options)).rejects.toThrow(new RegExp(`generate: ${name} must be`));
  });

  it('refuses an empty prompt where no start is learned, and no prompts', async () => {
    await expect(collect({ tokens: 1 }, [])).rejects.toThrow(/prompt 0 is empty.*no learned start/);
    await expect(generate(model, [], { tokens: 1 }).next()).rejects.toThrow(/at least one prompt/);
  });

  it('goes on from several prompts side by side, each as the sample of its number alone', async () => {
    const prompts = [prompt, [5], prompt, Int32Array.of(7, 8, 9, 10)];
    const rounds: Int32Array[] = [];
    for await (const tokens of generate(model, prompts, { tokens: 12, seed: 3, sample: 5 }))
      rounds.push(tokens);
    for (const [index, one] of prompts.entries()) {
      const alone = await collect({ seed: 3, sample: 5 + index }, [...one]);
      expect(rounds.map((tokens) => tokens[index])).toEqual(alone);
    }
  });

  it('is not changed by a reader that writes into what it gets', async () => {
    const tokens: number[] = [];
    for await (const round of generate(model, [prompt], { tokens: 12 })) {
      tokens.push(round[0]!);
      round.fill(0);
    }
    expect(tokens).toEqual(await collect());
  });

  it('begins from nothing where the start is learned', async () => {
    const learned = randomModel({ ...model.config, start: 'learned' });
    const [opened] = await createDecoder(learned).open([[]]);
    const first = chooseToken(opened!.logits, {}, samplingNumber({ seed: 1, sample: 0, token: 0 }));
    const tokens: number[] = [];
    for await (const [token] of generate(learned, [[]], { tokens: length })) tokens.push(token!);
    expect(tokens).toHaveLength(length);
    expect(tokens[0]).toBe(first);
  });
});
