/** A run that was ended and gone on with is the run that never ended, to the last bit. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type Result, repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const lastCheckpoint = 'checkpoints/step-000000012';

/** A run that takes all its steps; to be read only. */
async function straight(...more: string[]): Promise<string> {
  const { run, result } = await trial.shared(['--steps', '12', ...more]);
  expect(result).toMatchObject({ code: 0, errors: '' });
  return run;
}

/** A run that a signal ends behind a checkpoint (5), and what it printed. */
async function stopped(run: string, ...more: string[]): Promise<Result> {
  const begun = await trial.shared(['--steps', '12', ...more], { stopAt: 8 });
  expect(begun.result).toMatchObject({ code: 0 });
  trial.copy(begun.run, run);
  return begun.result;
}

/** Everything but what depends on the machine and its load. */
function metrics(run: string): unknown[] {
  return repeatableLines(readFileSync(trial.path(`${run}/metrics.jsonl`), 'utf8')).map((line) =>
    JSON.parse(line),
  );
}

function bytes(run: string, file: string): Buffer {
  return readFileSync(trial.path(`${run}/${file}`));
}

const engines: [string, string[]][] = [
  ['cpu', ['--engine', 'cpu']],
  ['wasm', []],
];
const dropout = ['--model.dropout', '0.3'];

describe.each(engines)('resuming on %s', (engine, onEngine) => {
  it.each([
    ['without dropout', []],
    ['with dropout', dropout],
  ])('gives the same weights, moments, metrics and validations %s', async (how, more) => {
    const whole = await straight(...onEngine, ...more);
    const resumed = `${engine} ${how}`;
    await stopped(resumed, ...onEngine, ...more);
    expect(await trial.run(['--resume', trial.path(resumed)])).toMatchObject({ code: 0, errors: '' });
    for (const file of ['weights.safetensors', 'optimizer.safetensors', 'model.json', 'tokenizer.json']) {
      expect(
        bytes(resumed, `${lastCheckpoint}/${file}`).equals(bytes(whole, `${lastCheckpoint}/${file}`)),
      ).toBe(true);
    }
    expect(metrics(resumed)).toEqual(metrics(whole));
    expect(metrics(resumed)).toHaveLength(12);
    expect(bytes(resumed, 'validation.jsonl').toString()).toBe(bytes(whole, 'validation.jsonl').toString());
  });
});

describe('a run', () => {
  it('with dropout has other weights than without', async () => {
    const weights = `${lastCheckpoint}/weights.safetensors`;
    expect(bytes(await straight(), weights).equals(bytes(await straight(...dropout), weights))).toBe(false);
  });

  it('stops at the signal with a checkpoint of that very step', async () => {
    const { run, result } = await trial.shared(['--steps', '12'], { stopAt: 8 });
    expect(result.output).toContain(
      `Stopped at step 8; all is saved. Go on with: sparse-train --resume ${trial.path(run)}`,
    );
    expect(JSON.parse(bytes(run, 'checkpoints/step-000000008/state.json').toString())).toMatchObject({
      step: 8,
      tokens: 256,
    });
  });

  it('loses the lines of metrics that are behind its checkpoint', async () => {
    await stopped('behind');
    appendFileSync(trial.path('behind/metrics.jsonl'), '{"step":9,"loss":1}\n{"step":10,"lo');
    await trial.run(['--resume', trial.path('behind')]);
    expect(metrics('behind').map((line) => Object(line).step)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('that is finished stays as it is when resumed', async () => {
    const run = await straight();
    const before = trial.hash();
    expect(await trial.run(['--resume', trial.path(run)])).toMatchObject({ code: 0 });
    expect(trial.hash()).toBe(before);
  });

  it('goes on with the text at another place', async () => {
    await stopped('moved');
    const elsewhere = trial.path('elsewhere.txt');
    appendFileSync(elsewhere, bytes('', 'text.txt'));
    expect(await trial.run(['--resume', trial.path('moved'), '--data', elsewhere])).toMatchObject({
      code: 0,
      errors: '',
    });
  });

  it('says when another engine takes over', async () => {
    await stopped('taken over');
    const { output } = await trial.run(['--resume', trial.path('taken over'), '--engine', 'cpu']);
    expect(output).toContain('The run was on wasm with 1 threads so far');
  });

  it('keeps as many checkpoints as told', async () => {
    const every = ['--checkpoints.every', '3', '--validation.every', '3'];
    const run = await straight('--checkpoints.keep', '3', ...every);
    expect(readdirSync(trial.path(`${run}/checkpoints`)).sort()).toEqual([
      'step-000000006',
      'step-000000009',
      'step-000000012',
    ]);
    const steps = ['06', '09', '12'].map((step) => `checkpoints/step-0000000${step}/state.json`);
    expect(steps.map((file) => JSON.parse(bytes(run, file).toString()).step)).toEqual([6, 9, 12]);
  });
});
