/** `sparse-sample serve` as users have it: a process of its own, asked by OpenAI's client. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useEngine } from '@sparse-transformers/engines';
import { generate } from '@sparse-transformers/models';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder, tinyFiles, tinyModel, tokenizers, writeRun } from '../tiny-run.ts';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const fromSource = ['--conditions=@sparse-transformers/source', '--import', `${repository}tools/source.mjs`];
const program = [...fromSource, `${repository}apps/sampler/src/cli.ts`];
const tokenizer = tokenizers.characters;
let length = 0;

let server: ChildProcess;
let notes = '';
let baseURL = '';
let client: OpenAI;

beforeAll(async () => {
  await useEngine('cpu');
  length = tinyModel(tokenizer).config.length;
  const run = await writeRun(await tinyFiles(tokenizer));
  const keyFile = join(newFolder(), 'key.txt');
  writeFileSync(keyFile, 'key-of-ours\n');
  const options = ['--port', '0', '--engine', 'cpu', '--name', 'tiny', '--api-key-file', keyFile];
  server = spawn(process.execPath, [...program, 'serve', run, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server.stderr!.on('data', (chunk) => {
    notes += chunk;
  });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  baseURL = /http:\S+/.exec(line.toString())![0];
  client = new OpenAI({ baseURL, apiKey: 'key-of-ours', maxRetries: 0 });
});
afterAll(() => void server.kill('SIGKILL'));

const ask = (changes: object = {}) => ({ model: 'tiny', prompt: 'abc', seed: 3, max_tokens: 20, ...changes });

/** What the model says after `abc` with seed 3, by the library. */
async function expectedText(sample: number): Promise<string> {
  const ids: number[] = [];
  const options = { tokens: 20, seed: 3, sample };
  for await (const [token] of generate(tinyModel(tokenizer), [tokenizer.encode('abc')], options))
    ids.push(token!);
  return tokenizer.decode(ids);
}

describe("OpenAI's client", () => {
  it('lists the model, and finds it by name', async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    expect(models).toEqual(['tiny']);
    expect(await client.models.retrieve('tiny')).toMatchObject({ id: 'tiny', object: 'model' });
    await expect(client.models.retrieve('gpt')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('gets a completion, the one that the library gives', async () => {
    const completion = await client.completions.create(ask());
    expect(completion.choices).toEqual([
      { text: await expectedText(0), index: 0, finish_reason: 'length', logprobs: null },
    ]);
    expect(completion.usage).toEqual({ prompt_tokens: 3, completion_tokens: 20, total_tokens: 23 });
  });

  it('gets the same in a stream, a token at a time, with the numbers of tokens at the end', async () => {
    const stream = await client.completions.create({
      ...ask(),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(await expectedText(0));
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 23 } });
    expect(chunks).toHaveLength(21);
  });

  it('gets several completions of several prompts, by text or by token ids, in order', async () => {
    const ids = [...tokenizer.encode('abc')];
    const { choices } = await client.completions.create(ask({ prompt: [ids, ids], n: 2 }));
    const texts = [await expectedText(0), await expectedText(1)];
    expect(choices.map(({ text, index }) => [index, text])).toEqual(
      [...texts, ...texts].map((text, index) => [index, text]),
    );
    const alone = await client.completions.create(ask({ prompt: ids }));
    expect(alone.choices[0]!.text).toBe(texts[0]);
  });

  it('gets a text that ends before a stop string, streamed or not', async () => {
    const whole = await expectedText(0);
    const stop = whole.slice(7, 10);
    const expected = whole.slice(0, whole.indexOf(stop));
    const { choices } = await client.completions.create(ask({ stop: ['never', stop] }));
    expect(choices[0]).toMatchObject({ text: expected, finish_reason: 'stop' });
    let text = '';
    for await (const chunk of await client.completions.create({ ...ask({ stop }), stream: true })) {
      text += chunk.choices[0]!.text;
      expect(expected.startsWith(text)).toBe(true);
    }
    expect(text).toBe(expected);
  });

  it('gets log-probabilities, also of an echoed prompt', async () => {
    const { choices } = await client.completions.create(ask({ logprobs: 2, echo: true, max_tokens: 4 }));
    const { text, logprobs } = choices[0]!;
    expect(text).toBe(`abc${(await expectedText(0)).slice(0, 4)}`);
    expect(logprobs!.tokens!.join('')).toBe(text);
    expect(logprobs!.text_offset).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(logprobs!.token_logprobs![0]).toBeNull();
    for (const [place, logprob] of logprobs!.token_logprobs!.entries()) {
      if (place === 0) continue;
      expect(logprobs!.top_logprobs![place]![logprobs!.tokens![place]!]).toBe(logprob);
      expect(logprob).toBeLessThan(0);
    }
  });

  it('gets errors of its own classes, which name the field', async () => {
    const tooMany = client.completions.create(ask({ max_tokens: length }));
    await expect(tooMany).rejects.toMatchObject({
      status: 400,
      param: 'max_tokens',
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
    });
    await expect(client.completions.create(ask({ best_of: 4 }))).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    const stranger = new OpenAI({ baseURL, apiKey: 'another', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(client.completions.create(ask({ prompt: 'x'.repeat(2 ** 21) }))).rejects.toMatchObject({
      status: 413,
    });
  });

  it('is served beside others, each with its own text', async () => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const together = await Promise.all(seeds.map((seed) => client.completions.create(ask({ seed }))));
    for (const seed of [0, 7]) {
      const alone = await client.completions.create(ask({ seed }));
      expect(together[seed]!.choices).toEqual(alone.choices);
    }
  });
});

describe('the process', () => {
  it('ends in order at a signal: what runs is finished, and its notes hold no texts', async () => {
    const prompt = 'jihgfedcba';
    const most = length - prompt.length;
    const stream = await client.completions.create({ ...ask({ prompt, max_tokens: most }), stream: true });
    const chunks = [];
    for await (const chunk of stream) {
      if (chunks.length === 0) server.kill('SIGTERM');
      chunks.push(chunk);
    }
    expect(chunks).toHaveLength(most);
    const [code] = await once(server, 'exit');
    expect(code).toBe(0);
    expect(notes).toMatch(/^Model of step 300 in .*\nEngine cpu: /);
    expect(notes).toContain('Stopping');
    expect(notes).not.toContain('jihg');
  });
});
