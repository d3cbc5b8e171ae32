/** `sparse-train eval` and `sparse-train export`: what they say and leave, and what they refuse. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { configFromJSON, createDecoder, loadWeights, sparseTransformer } from '@sparse-transformers/models';
import { readCheckpoint } from '@sparse-transformers/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../src/run-folder/checkpoint-files.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const settings = ['--training.averageDecay', '0.8', '--data.testShare', '0.2', '--data.validShare', '0.2'];

beforeAll(async () => {
  const args = trial.start('run', ...settings, '--validation.windows', '1000', '--checkpoints.keep', '5');
  expect(await trial.run(args)).toMatchObject({ code: 0, errors: '' });
  expect(await trial.run(trial.start('young', '--validation.every', '100'), { stopAt: 4 })).toMatchObject({
    code: 0,
  });
});

async function evaluated(...args: string[]): Promise<Record<string, unknown>> {
  const { code, output, errors } = await trial.run(['eval', trial.path('run'), '--json', ...args]);
  expect([code, errors]).toEqual([0, '']);
  return JSON.parse(output);
}

describe('eval', () => {
  it('gives what the run validated, over the whole split', async () => {
    const lines = readFileSync(trial.path('run/validation.jsonl'), 'utf8').trimEnd().split('\n');
    const { loss, predictions, bits } = JSON.parse(lines.at(-1)!);
    expect(await evaluated('--engine', 'wasm', '--checkpoint', 'last')).toEqual({
      run: trial.path('run'),
      step: 20,
      split: 'valid',
      averaged: true,
      minimumContext: 0,
      unit: 'bits per character',
      loss,
      predictions,
      bits,
    });
  });

  it('looks at the test split, and at a checkpoint of a step', async () => {
    const { step, split, predictions } = await evaluated('--split', 'test', '--checkpoint', '10');
    expect([step, split, predictions]).toEqual([10, 'test', 343]);
  });

  it('lets every prediction see more before it, which costs windows and helps', async () => {
    const none = await evaluated('--engine', 'wasm');
    const some = await evaluated('--engine', 'wasm', '--minimum-context', '12');
    expect(some).toMatchObject({ minimumContext: 12, predictions: none['predictions'] });
    expect(some['loss']).not.toBe(none['loss']);
  });

  it('says it in words', async () => {
    const { output } = await trial.run(['eval', trial.path('run'), '--minimum-context', '4']);
    expect(output).toMatch(
      /\nstep \d+, averaged weights, split valid: \d\.\d{4} bits per character \(\d\.\d{4} nats\) over 343 predictions, at least 4 tokens before each\n$/,
    );
  });

  it.each([
    ['another split', ['--split', 'dev'], '--split must be valid, test or train; got "dev"'],
    ['a checkpoint that is not there', ['--checkpoint', '6'], '--checkpoint must be best, last or the step'],
    ['more context than a window has', ['--minimum-context', '17'], 'minimum context must be at most 16'],
    ['other data', ['--data', 'OTHER'], 'the run began with'],
  ])('refuses %s', async (_, args, says) => {
    writeFileSync(trial.path('other.txt'), 'To be, or not to be, that is the question! '.repeat(40));
    const given = args.map((arg) => (arg === 'OTHER' ? trial.path('other.txt') : arg));
    const { code, errors } = await trial.run(['eval', trial.path('run'), ...given]);
    expect([code, errors]).toEqual([1, expect.stringContaining(says)]);
  });

  it('refuses a folder without a run, and none', async () => {
    const { errors } = await trial.run(['eval', trial.path('absent')]);
    expect(errors).toContain(`eval ${trial.path('absent')}: there is no run`);
    expect((await trial.run(['eval'])).errors).toContain("missing required argument 'run'");
  });
});

describe('export', () => {
  it('writes the averaged weights alone, with checksums and a card', async () => {
    const out = trial.path('exported');
    const { code, output } = await trial.run(['export', trial.path('run'), '--out', out]);
    expect([code, output]).toEqual([0, expect.stringContaining(out)]);
    const { files, step } = await readCheckpoint(out);
    expect([...files.keys()].sort()).toEqual([
      'README.md',
      'configuration.json',
      'model.json',
      'tokenizer.json',
      'weights.safetensors',
    ]);
    const saved = decodeCheckpoint(
      await readCheckpoint(trial.path(`run/checkpoints/step-${String(step).padStart(9, '0')}`)),
    );
    expect(step).toBe(saved.state.best?.step);
    const card = new TextDecoder().decode(files.get('README.md'));
    expect(card).toContain(`${step} steps, ${(step * 32).toLocaleString('en-US')} tokens`);
    expect(card).toContain(
      'bits per character on the validation split, with the running average of the weights',
    );
    expect(card).not.toContain(trial.folder);
    const raw = readFileSync(
      trial.path(`run/checkpoints/step-${String(step).padStart(9, '0')}/weights.safetensors`),
    );
    expect(raw.equals(files.get('weights.safetensors')!)).toBe(false);
  });

  it('says by which command it is trained again, to the same bits', async () => {
    const out = trial.path('to-be-repeated');
    await trial.run(['export', trial.path('young'), '--out', out]);
    const card = readFileSync(`${out}/README.md`, 'utf8');
    const [, command] = /```sh\nsparse-train (.*)\n```/.exec(card)!;
    const places = { FOLDER: out, DATA: trial.path('text.txt'), RUN: trial.path('again') };
    const args = command!
      .split(' ')
      .map((word) => word.replace(/FOLDER|DATA|RUN/, (name) => places[name as 'RUN']));
    expect(await trial.run([...args, '--threads', '1'], { stopAt: 4 })).toMatchObject({ code: 0 });
    const weights = (run: string) =>
      readFileSync(trial.path(`${run}/checkpoints/step-000000004/weights.safetensors`));
    expect(weights('again').equals(weights('young'))).toBe(true);
  });

  it('gives a model that can be used', async () => {
    const out = trial.path('usable');
    await trial.run(['export', trial.path('run'), '--out', out, '--checkpoint', 'last']);
    const { files } = await readCheckpoint(out);
    const config = configFromJSON(JSON.parse(new TextDecoder().decode(files.get('model.json'))));
    const model = sparseTransformer(config, { seed: 1 });
    loadWeights(model, files.get('weights.safetensors')!);
    const [opened] = await createDecoder(model).open([[1, 2, 3]]);
    expect(opened?.logits.every((value) => Number.isFinite(value))).toBe(true);
  });

  it('takes the last checkpoint of a run that was never validated', async () => {
    const out = trial.path('young-export');
    const { output } = await trial.run(['export', trial.path('young'), '--out', out]);
    expect(output).toContain('after step 4');
    expect(readFileSync(`${out}/README.md`, 'utf8')).toContain('Not validated at this step');
  });

  it('leaves what is there alone', async () => {
    mkdirSync(trial.path('there'));
    const { code, errors } = await trial.run(['export', trial.path('run'), '--out', trial.path('there')]);
    expect([code, errors]).toEqual([1, expect.stringContaining('exists already')]);
    expect((await trial.run(['export', trial.path('run')])).errors).toContain('--out is missing');
    expect(existsSync(trial.path('there.writing'))).toBe(false);
  });
});
