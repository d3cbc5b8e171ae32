import '@tensorflow/tfjs-backend-cpu';
import type { SparseTransformer } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseToken, type GenerateOptions, generate, samplingNumber } from '../src/index.ts';
import { length, tinyModel, tokenizers } from './tiny-run.ts';

let model: SparseTransformer;
beforeAll(async () => {
  await tf.setBackend('cpu');
  model = tinyModel(tokenizers.characters);
});

const prompt = [3, 1, 4];

async function collect(options: Partial<GenerateOptions> = {}, after = prompt): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, after, { tokens: 12, ...options })) tokens.push(token);
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
        .slice(-12);
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
      for await (const token of generate(model, prompt, { tokens: 40, signal: stopping.signal })) {
        tokens.push(token);
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
    for await (const token of generate(model, prompt, { tokens: 40 })) if (token >= 0) break;
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, Partial<GenerateOptions>]>([
    ['tokens', { tokens: 0 }],
    ['tokens', { tokens: 1.5 }],
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: Number.POSITIVE_INFINITY }],
    ['topK', { topK: 0 }],
    ['seed', { seed: 2 ** 53 }],
    ['sample', { sample: -1 }],
  ])('refuses by name a bad %s: %o', async (name, options) => {
    await expect(collect(options)).rejects.toThrow(new RegExp(`generate: ${name} must be`));
  });

  it('refuses an empty prompt', async () => {
    await expect(collect({ tokens: 1 }, [])).rejects.toThrow(/prompt 0 must have 1 to 48/);
  });
});
