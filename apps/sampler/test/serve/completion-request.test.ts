import { describe, expect, it } from 'vitest';
import { readCompletionRequest } from '../../src/serve/completion-request.ts';
import { RefusalError } from '../../src/serve/refusal-error.ts';

const limits = { model: 'a', length: 100, maxTokens: 50 };
const read = (body: object) => readCompletionRequest({ model: 'a', prompt: 'x', ...body }, limits);

function refusalOf(body: unknown) {
  const refusal = refusalIfAny(body);
  if (refusal === undefined) throw new Error('It was not refused.');
  return refusal;
}

function refusalIfAny(body: unknown) {
  try {
    readCompletionRequest(body, limits);
    return undefined;
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
}

describe('readCompletionRequest', () => {
  it('says in plain words what a field may be, and what came', () => {
    expect(refusalOf({ prompt: 'x' }).message).toBe(
      "model must be the name of this server's model, as /v1/models has it, but nothing came.",
    );
    expect(refusalOf({ model: 'a', prompt: 'x', logprobs: true }).message).toBe(
      'logprobs must be a whole number from 0 to 20, but true came.',
    );
    expect(refusalOf({ model: 'a', prompt: 'x', suffix: 'end' })).toMatchObject({
      status: 400,
      param: 'suffix',
    });
  });

  it('reads every field', () => {
    const request = read({
      prompt: ['x', [1, 2]],
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      n: 2,
      best_of: 2,
      stream: true,
      stream_options: { include_usage: true },
      logprobs: 5,
      echo: true,
      stop: ['a', 'b'],
      presence_penalty: 1,
      frequency_penalty: -1,
      logit_bias: { 4: 100, 2: -100 },
      seed: 9,
      user: 'somebody',
    });
    expect(request).toEqual({
      job: {
        prompts: ['x', Int32Array.of(1, 2)],
        choices: 2,
        maxTokens: 7,
        seed: 9,
        choice: {
          temperature: 0.5,
          topK: 3,
          topP: 0.9,
          frequencyPenalty: -1,
          presencePenalty: 1,
          logitBias: [
            [2, -100],
            [4, 100],
          ],
        },
        stops: ['a', 'b'],
        isEchoed: true,
        logprobs: 5,
      },
      isStreamed: true,
      isUsageStreamed: true,
    });
  });

  it('takes what OpenAI takes for a field that is not there, or null', () => {
    const { job, isStreamed } = read({
      n: null,
      stop: null,
      logprobs: null,
      max_tokens: null,
      temperature: null,
    });
    expect(job).toMatchObject({
      choices: 1,
      stops: [],
      logprobs: undefined,
      maxTokens: { atMost: 16 },
      isEchoed: false,
    });
    expect(job.choice).toMatchObject({ temperature: 1, topP: undefined, frequencyPenalty: 0 });
    expect(isStreamed).toBe(false);
  });

  it('takes no more tokens than the server allows when none are asked for', () => {
    const few = readCompletionRequest({ model: 'a', prompt: 'x' }, { ...limits, maxTokens: 8 });
    expect(few.job.maxTokens).toEqual({ atMost: 8 });
  });

  it('takes another seed each time unless one is given', () => {
    expect(new Set([1, 2, 3].map(() => read({}).job.seed)).size).toBe(3);
  });

  it('ignores fields that the API does not have', () => {
    expect(read({ metadata: { a: 1 }, __proto__: { n: 3 }, constructor: 4 }).job.choices).toBe(1);
  });

  it.each([
    ['model', { model: undefined }],
    ['prompt', { prompt: 5 }],
    ['prompt', { prompt: [] }],
    ['prompt', { prompt: [1, -1] }],
    ['prompt', { prompt: [1, 1.5] }],
    ['prompt', { prompt: [['a']] }],
    ['prompt', { prompt: ['a', 5] }],
    ['max_tokens', { max_tokens: -2 }],
    ['max_tokens', { max_tokens: 51 }],
    ['max_tokens', { max_tokens: '5' }],
    ['temperature', { temperature: 2.1 }],
    ['top_p', { top_p: 0 }],
    ['top_k', { top_k: 0 }],
    ['n', { n: 0 }],
    ['n', { n: 129 }],
    ['n', { prompt: ['a', 'b'], n: 65 }],
    ['prompt', { prompt: Array.from({ length: 129 }, () => 'a') }],
    ['best_of', { best_of: 3 }],
    ['best_of', { n: 2, best_of: 3 }],
    ['stream', { stream: 'yes' }],
    ['stream_options', { stream_options: { include_usage: true } }],
    ['logprobs', { logprobs: 21 }],
    ['logprobs', { logprobs: true }],
    ['echo', { echo: 1 }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['stop', { stop: '' }],
    ['stop', { stop: ['\ud800'] }],
    ['presence_penalty', { presence_penalty: 3 }],
    ['frequency_penalty', { frequency_penalty: -3 }],
    ['logit_bias', { logit_bias: { a: 1 } }],
    ['logit_bias', { logit_bias: { 1: 101 } }],
    ['logit_bias', { logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, id) => [id, 0])) }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 1.5 }],
    ['suffix', { suffix: 'the end' }],
  ])('refuses a wrong %s by its name: %j', (param, body) => {
    expect(refusalOf({ model: 'a', prompt: 'x', ...body })).toMatchObject({ status: 400, param });
  });

  it("tells each field's every wrong value in plain words that name it: a validator's own never come through", () => {
    const longText = 'x'.repeat(3000);
    const nested = JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) as unknown;
    const values: readonly unknown[] = [
      null,
      true,
      false,
      0,
      1,
      -1,
      -2,
      0.5,
      1e300,
      JSON.parse('1e999'),
      2 ** 53,
      '',
      'a',
      '1',
      '\ud800',
      longText,
      [],
      [null],
      [[]],
      [{}],
      ['a', 1],
      ['a', ''],
      [1.5],
      [-1],
      [true],
      Array.from({ length: 2000 }, () => 'a'),
      nested,
      {},
      { a: 1 },
      { 1: 'a' },
      { 1: 1e9 },
      { 1: null },
      { '-1': 1 },
      { '': 1 },
      { include_usage: 5 },
      JSON.parse('{"__proto__": 1}'),
      JSON.parse('{"include_usage": {"include_usage": []}}'),
    ];
    const fields = [
      'model',
      'prompt',
      'max_tokens',
      'temperature',
      'top_p',
      'top_k',
      'n',
      'best_of',
      'stream',
      'stream_options',
      'logprobs',
      'echo',
      'stop',
      'presence_penalty',
      'frequency_penalty',
      'logit_bias',
      'seed',
      'suffix',
      'user',
    ];
    let refusals = 0;
    for (const field of fields) {
      for (const value of values) {
        const refusal = refusalIfAny({ model: 'a', prompt: 'x', [field]: value });
        if (refusal === undefined) continue;
        refusals++;
        const where = `${field}: ${JSON.stringify(value)?.slice(0, 60)}`;
        expect(refusal, where).toMatchObject({ param: field });
        expect([400, 404], where).toContain(refusal.status);
        expect(refusal.message, where).toMatch(new RegExp(`^${field}[. :]`));
        expect(refusal.message, where).toMatch(/\.$/);
        expect(refusal.message.length, where).toBeLessThan(300);
        expect(refusal.message, where).not.toMatch(
          /invalid|too (big|small)|received|expected (string|number|int|boolean|object|array|record)|>=|<=|undefined|pattern/i,
        );
      }
    }
    expect(refusals).toBeGreaterThan(400);
  });

  it('takes -1 new tokens for no limit, up to the own of the server', () => {
    const asked = { model: 'a', prompt: 'x', max_tokens: -1 };
    expect(readCompletionRequest(asked, limits).job.maxTokens).toEqual({ atMost: 50 });
    expect(readCompletionRequest(asked, { ...limits, maxTokens: undefined }).job.maxTokens).toEqual({
      atMost: Number.MAX_SAFE_INTEGER,
    });
  });

  it('refuses what is no object', () => {
    for (const body of [null, 5, 'text', [], [1]]) expect(refusalOf(body)).toMatchObject({ status: 400 });
  });

  it('refuses another model as not found', () => {
    expect(refusalOf({ model: 'b' })).toMatchObject({ status: 404, param: 'model', code: 'model_not_found' });
  });

  it('refuses a prompt that is too long before anything is made of it', () => {
    const tooLong = { status: 400, param: 'prompt', code: 'context_length_exceeded' };
    expect(refusalOf({ model: 'a', prompt: 'x'.repeat(201) })).toMatchObject(tooLong);
    expect(refusalOf({ model: 'a', prompt: [Array.from({ length: 101 }, () => 'no token')] })).toMatchObject(
      tooLong,
    );
    // 100 characters of two UTF-16 units each: only the tokenizer can tell.
    expect(readCompletionRequest({ model: 'a', prompt: '😀'.repeat(100) }, limits).job.prompts).toHaveLength(
      1,
    );
  });

  it('does not repeat a long value in its message', () => {
    const secret = 'secret '.repeat(3);
    expect(JSON.stringify(refusalOf({ model: 'a', prompt: 'x', suffix: secret }))).not.toContain('secret');
    expect(JSON.stringify(refusalOf({ model: 'a', prompt: { secret } }))).not.toContain('secret');
  });
});
