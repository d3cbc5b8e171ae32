import { useEngine } from '@sparse-transformers/engines';
import { generate } from '@sparse-transformers/models';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompletionJob, JobEvent, TokenReport } from '../../src/serve/completion-job.ts';
import { languageModel } from '../../src/serve/language-model.ts';
import { Scheduler } from '../../src/serve/scheduler.ts';
import { tinyModel, tokenizers } from '../tiny-run.ts';
import { type FakeModel, fakeModel, letters } from './fake-model.ts';
import { jobOf } from './job.ts';

const limits = { batch: 4, promptTokens: 100 };

/** What became of jobs: their texts by index, and all else that was said of them. */
async function finish(
  scheduler: Scheduler,
): Promise<
  Map<number, { texts: string[]; finishes: string[]; tokens: TokenReport[][]; events: JobEvent[] }>
> {
  const jobs = new Map<
    number,
    { texts: string[]; finishes: string[]; tokens: TokenReport[][]; events: JobEvent[] }
  >();
  for (let round = 0; scheduler.hasWork; round++) {
    if (round > 1000) throw new Error('The scheduler never ends.');
    for (const [id, event] of (await scheduler.run()).events) {
      const job = jobs.get(id) ?? { texts: [], finishes: [], tokens: [], events: [] };
      jobs.set(id, job);
      job.events.push(event);
      if (event.kind !== 'piece') continue;
      const { index, text, tokens, finish } = event.piece;
      job.texts[index] = (job.texts[index] ?? '') + text;
      job.tokens[index] = [...(job.tokens[index] ?? []), ...tokens];
      if (finish) job.finishes[index] = finish;
    }
  }
  return jobs;
}

async function complete(model: FakeModel, job: Partial<CompletionJob>) {
  const scheduler = new Scheduler(model, limits);
  const event = scheduler.submit(0, jobOf(job));
  if (event.kind === 'refused') throw new Error(event.refusal.message);
  const done = (await finish(scheduler)).get(0)!;
  expect(model.open.size).toBe(0);
  return done;
}

describe('one job', () => {
  it('goes on from its prompt until its most tokens', async () => {
    const { texts, finishes } = await complete(fakeModel(), { maxTokens: 3 });
    expect([texts, finishes]).toEqual([['cde'], ['length']]);
  });

  it('never reads the last token, which nothing follows', async () => {
    const model = fakeModel();
    await complete(model, { maxTokens: 3 });
    expect(model.calls).toEqual({ open: [[2]], step: [1, 1] });
  });

  it('stops before a stop string across tokens, and counts the tokens that are never shown', async () => {
    const { texts, finishes, events } = await complete(fakeModel(), { maxTokens: 20, stops: ['fgh', 'zz'] });
    expect([texts, finishes]).toEqual([['cde'], ['stop']]);
    const pieces = events.flatMap((event) => (event.kind === 'piece' ? [event.piece] : []));
    expect(pieces.reduce((sum, { generated }) => sum + generated, 0)).toBe('cdefgh'.length);
  });

  it('shows text that was held back for a stop string when it ends by length', async () => {
    const { texts, finishes } = await complete(fakeModel(), { maxTokens: 4, stops: ['fgh'] });
    expect([texts, finishes]).toEqual([['cdef'], ['length']]);
  });

  it('reads a prompt once for all its completions', async () => {
    const model = fakeModel();
    expect((await complete(model, { choices: 3 })).texts).toEqual(['cde', 'cde', 'cde']);
    expect(model.calls.open).toEqual([[2]]);
  });

  it('gives completion c of prompt p the index p · n + c', async () => {
    const { texts } = await complete(fakeModel(), {
      prompts: ['a', Int32Array.of(7)],
      choices: 2,
      maxTokens: 2,
    });
    expect(texts).toEqual(['bc', 'bc', 'ij', 'ij']);
  });

  it('gives 16 tokens, or as many as there is room for, unless it is told how many', async () => {
    expect((await complete(fakeModel(), { maxTokens: { atMost: 16 } })).texts[0]).toHaveLength(16);
    expect((await complete(fakeModel({ length: 10 }), { maxTokens: { atMost: 16 } })).texts[0]).toHaveLength(
      8,
    );
  });

  it('gives as many tokens as there is room for where only the most are told', async () => {
    const unlimited = { maxTokens: { atMost: Number.MAX_SAFE_INTEGER } };
    expect((await complete(fakeModel({ length: 40 }), unlimited)).texts[0]).toHaveLength(38);
    expect((await complete(fakeModel({ length: 40 }), { maxTokens: { atMost: 30 } })).texts[0]).toHaveLength(
      30,
    );
  });

  it('gives the prompt alone for an echo without new tokens, and opens nothing for it', async () => {
    const model = fakeModel();
    const { texts, finishes } = await complete(model, { maxTokens: 0, isEchoed: true });
    expect([texts, finishes, model.calls.open]).toEqual([['ab'], ['length'], []]);
  });

  it('begins from nothing where the model can', async () => {
    expect((await complete(fakeModel({ canBegin: true }), { prompts: [''] })).texts).toEqual(['abc']);
  });
});

describe('choosing', () => {
  const choice = jobOf().choice;

  it('takes a frequency penalty for each time that a token came, and a presence penalty once', async () => {
    // Without penalties x has 6 and the next letter 4.
    const logitBias = [[letters.indexOf('x'), 6]] as const;
    const textWith = async (penalties: Partial<CompletionJob['choice']>) =>
      (await complete(fakeModel(), { maxTokens: 4, choice: { ...choice, logitBias, ...penalties } }))
        .texts[0];
    expect(await textWith({})).toBe('xxxx');
    expect(await textWith({ frequencyPenalty: 1.5 })).toBe('xxyz');
    expect(await textWith({ presencePenalty: 1.5 })).toBe('xxxx');
    expect(await textWith({ presencePenalty: 1.5, frequencyPenalty: 1 })).toBe('xyz ');
  });

  it('adds biases', async () => {
    const { texts } = await complete(fakeModel(), {
      choice: { ...choice, logitBias: [[letters.indexOf('x'), 100]] },
    });
    expect(texts).toEqual(['xxx']);
  });

  it('gives the same text for the same seed, another for another completion or seed', async () => {
    const warm = { choices: 2, maxTokens: 40, choice: { ...choice, temperature: 5 } };
    const textsOf = async (seed: number) => (await complete(fakeModel(), { ...warm, seed })).texts;
    const [first, second, other] = await Promise.all([7, 7, 8].map(textsOf));
    expect(first).toEqual(second);
    expect(first).not.toEqual(other);
    expect(first![0]).not.toBe(first![1]);
  });

  it("draws a prompt's texts the same whatever prompts stand beside it", async () => {
    const warm = { maxTokens: 20, choice: { ...choice, temperature: 5 } };
    const [alone] = (await complete(fakeModel(), { ...warm, prompts: ['b'] })).texts;
    expect((await complete(fakeModel(), { ...warm, prompts: ['a', 'b'] })).texts[1]).toBe(alone);
  });
});

describe('log-probabilities', () => {
  const logOf = (logit: number) => logit - Math.log(Math.exp(4) + Math.exp(2) + letters.length - 2);

  it('are those of the raw logits, with the likeliest beside them', async () => {
    const { tokens } = await complete(fakeModel(), { maxTokens: 2, logprobs: 2 });
    expect(tokens[0]!.map(({ text, offset }) => [text, offset])).toEqual([
      ['c', 0],
      ['d', 1],
    ]);
    expect(tokens[0]![0]!.logprob).toBeCloseTo(logOf(4), 6);
    expect(Object.keys(tokens[0]![0]!.top!)).toEqual(['c', 'd']);
    expect(tokens[0]![0]!.top!['d']).toBeCloseTo(logOf(2), 6);
  });

  it('tell of the chosen token when it is none of the likeliest', async () => {
    const choice = { ...jobOf().choice, logitBias: [[letters.indexOf('x'), 100]] as const };
    const { tokens } = await complete(fakeModel(), { maxTokens: 1, logprobs: 1, choice });
    expect(Object.keys(tokens[0]![0]!.top!)).toEqual(['c', 'x']);
  });

  it('are there for the tokens of an echoed prompt, but not for the first', async () => {
    const { tokens } = await complete(fakeModel(), { maxTokens: 1, logprobs: 0, isEchoed: true });
    expect(tokens[0]!.map(({ text, offset }) => [text, offset])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]);
    expect(tokens[0]![0]).toMatchObject({ logprob: null, top: null });
    expect(tokens[0]![1]!.logprob).toBeCloseTo(logOf(4), 6);
  });

  it('are not told of tokens behind a stop string', async () => {
    const { tokens } = await complete(fakeModel(), { maxTokens: 9, logprobs: 0, stops: ['ef'] });
    expect(tokens[0]!.map(({ text }) => text)).toEqual(['c', 'd']);
  });
});

describe('several jobs', () => {
  it('run in one step, join between steps and leave when they end', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, limits);
    scheduler.submit(0, jobOf({ maxTokens: 4 }));
    await scheduler.run();
    scheduler.submit(1, jobOf({ prompts: ['x'], maxTokens: 2 }));
    const jobs = await finish(scheduler);
    expect([jobs.get(0)!.texts, jobs.get(1)!.texts]).toEqual([['def'], ['yz']]);
    expect(model.calls.step).toEqual([1, 2, 1]);
  });

  it('wait in their order while the batch is full', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, { batch: 2, promptTokens: 100 });
    for (const id of [0, 1, 2, 3]) scheduler.submit(id, jobOf({ maxTokens: 2 }));
    const started = async () =>
      (await scheduler.run()).events.flatMap(([id, { kind }]) => (kind === 'started' ? [id] : []));
    expect([await started(), await started(), await started()]).toEqual([[0, 1], [], [2, 3]]);
    expect(Math.max(...model.calls.step)).toBe(2);
  });

  it('read no more prompt tokens at once than allowed, padding counted, but a long prompt by itself', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, { batch: 9, promptTokens: 10 });
    for (const [id, length] of [2, 4, 5, 30, 1].entries()) {
      scheduler.submit(id, jobOf({ prompts: ['a'.repeat(length)] }));
    }
    await finish(scheduler);
    expect(model.calls.open).toEqual([[2, 4], [5], [30], [1]]);
  });

  it('free everything when one is cancelled, and nothing more is heard of it', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, { batch: 3, promptTokens: 100 });
    scheduler.submit(0, jobOf({ choices: 5, maxTokens: 50 }));
    scheduler.submit(1, jobOf({ maxTokens: 2 }));
    await scheduler.run();
    expect(model.open.size).toBe(3);
    scheduler.cancel(0);
    expect(model.open.size).toBe(0);
    expect([...(await finish(scheduler)).keys()]).toEqual([1]);
  });

  it('fail together when a step fails, and leave the scheduler as good as new', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, limits);
    model.beforeStep = () => {
      throw new Error('out of memory');
    };
    scheduler.submit(0, jobOf());
    scheduler.submit(1, jobOf());
    const jobs = await finish(scheduler);
    for (const id of [0, 1]) {
      const refused = jobs.get(id)!.events.at(-1);
      expect(refused).toMatchObject({ kind: 'refused', refusal: { status: 500, code: 'model_failed' } });
    }
    expect(model.open.size).toBe(0);
    model.beforeStep = () => {};
    scheduler.submit(2, jobOf());
    expect((await finish(scheduler)).get(2)!.texts).toEqual(['cde']);
  });

  it('leave the others alone when one has logits that are no numbers', async () => {
    const model = fakeModel();
    const scheduler = new Scheduler(model, limits);
    scheduler.submit(0, jobOf({ choice: { ...jobOf().choice, logitBias: [[0, Number.NaN]] } }));
    scheduler.submit(1, jobOf());
    const jobs = await finish(scheduler);
    expect(jobs.get(0)!.events.at(-1)).toMatchObject({ kind: 'refused', refusal: { status: 500 } });
    expect(jobs.get(1)!.texts).toEqual(['cde']);
    expect(model.open.size).toBe(0);
  });
});

describe('a job that can not be done', () => {
  const refusalOf = (job: Partial<CompletionJob>) => {
    const model = fakeModel({ length: 10 });
    const event = new Scheduler(model, limits).submit(0, jobOf(job));
    expect([event.kind, model.calls.open]).toEqual(['refused', []]);
    return event.kind === 'refused' ? event.refusal : null;
  };

  it('is refused by name of the field before the model sees it', () => {
    expect(refusalOf({ prompts: [''] })).toMatchObject({ status: 400, param: 'prompt' });
    expect(refusalOf({ prompts: ['É'] })).toMatchObject({ status: 400, param: 'prompt' });
    expect(refusalOf({ prompts: ['É'] })!.message).toContain('no U+00C9');
    expect(refusalOf({ prompts: [Int32Array.of(99)] })).toMatchObject({ status: 400, param: 'prompt' });
    expect(refusalOf({ choice: { ...jobOf().choice, logitBias: [[28, 1]] } })).toMatchObject({
      param: 'logit_bias',
    });
    const tooMany = { status: 400, code: 'context_length_exceeded' };
    expect(refusalOf({ maxTokens: 9 })).toMatchObject({ ...tooMany, param: 'max_tokens' });
    expect(refusalOf({ prompts: ['a'.repeat(11)] })).toMatchObject({ ...tooMany, param: 'prompt' });
  });
});

describe('a real model', () => {
  beforeAll(() => useEngine('cpu'));

  it('gives the tokens that generate gives, and leaves no tensor behind', async () => {
    const transformer = tinyModel(tokenizers.characters);
    const model = languageModel(transformer, tokenizers.characters);
    const before = memory().numTensors;
    const scheduler = new Scheduler(model, limits);
    const choice = { ...jobOf().choice, temperature: 0.8, topK: 5 };
    scheduler.submit(
      0,
      jobOf({ prompts: ['abc', 'j'], choices: 2, maxTokens: 9, choice, logprobs: 1, isEchoed: true }),
    );
    const { texts } = (await finish(scheduler)).get(0)!;
    const expected: string[] = [];
    for (const prompt of ['abc', 'j']) {
      for (const sample of [0, 1]) {
        const ids = [...tokenizers.characters.encode(prompt)];
        const options = { tokens: 9, temperature: 0.8, topK: 5, seed: 1, sample };
        for await (const [token] of generate(transformer, [tokenizers.characters.encode(prompt)], options))
          ids.push(token!);
        expected.push(tokenizers.characters.decode(ids));
      }
    }
    expect(texts).toEqual(expected);
    expect(memory().numTensors).toBe(before);
  });

  it('thinks of an echoed prompt what it thinks while it generates', async () => {
    const model = languageModel(tinyModel(tokenizers.characters), tokenizers.characters);
    const scheduler = new Scheduler(model, limits);
    scheduler.submit(0, jobOf({ prompts: ['abc'], maxTokens: 6, logprobs: 1 }));
    const generated = (await finish(scheduler)).get(0)!;
    scheduler.submit(
      1,
      jobOf({ prompts: [`abc${generated.texts[0]}`], maxTokens: 0, logprobs: 1, isEchoed: true }),
    );
    const echoed = (await finish(scheduler)).get(1)!.tokens[0]!.slice(3);
    expect(echoed.map(({ text }) => text)).toEqual(generated.tokens[0]!.map(({ text }) => text));
    echoed.forEach(({ logprob }, index) => {
      expect(logprob).toBeCloseTo(generated.tokens[0]![index]!.logprob!, 4);
    });
  });
});
