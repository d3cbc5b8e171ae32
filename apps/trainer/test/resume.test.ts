/** A run that was ended and gone on with is the run that never ended, to the last bit. */
import { appendFileSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repeatableLines, Trial } from './trial.ts';

let trial: Trial;
beforeEach(() => {
  trial = new Trial();
});
afterEach(() => trial.remove());

const lastCheckpoint = 'checkpoints/step-000000020';

/** Everything but what depends on the machine and its load. */
function metrics(run: string): unknown[] {
  return repeatableLines(readFileSync(trial.path(`${run}/metrics.jsonl`), 'utf8')).map((line) =>
    JSON.parse(line),
  );
}

function bytes(run: string, file: string): Buffer {
  return readFileSync(trial.path(`${run}/${file}`));
}

async function straightAndResumed(...more: string[]): Promise<void> {
  expect(await trial.run(trial.start('straight', ...more))).toMatchObject({ code: 0, errors: '' });
  // Behind a checkpoint (5), so that what was lost is done again.
  expect(await trial.run(trial.start('resumed', ...more), { stopAt: 8 })).toMatchObject({ code: 0 });
  expect(await trial.run(['--resume', trial.path('resumed')])).toMatchObject({ code: 0, errors: '' });
}

describe.each(['cpu', 'wasm'])('resuming on %s', (engine) => {
  it.each([
    ['without dropout', '0'],
    ['with dropout', '0.3'],
  ])('gives the same weights, moments, metrics and validations %s', async (_, rate) => {
    await straightAndResumed('--engine', engine, '--model.dropout', rate);
    for (const file of ['weights.safetensors', 'optimizer.safetensors', 'model.json', 'tokenizer.json']) {
      expect(
        bytes('resumed', `${lastCheckpoint}/${file}`).equals(bytes('straight', `${lastCheckpoint}/${file}`)),
      ).toBe(true);
    }
    expect(metrics('resumed')).toEqual(metrics('straight'));
    expect(metrics('resumed')).toHaveLength(20);
    expect(bytes('resumed', 'validation.jsonl').toString()).toBe(
      bytes('straight', 'validation.jsonl').toString(),
    );
  });
});

describe('a run', () => {
  it('with dropout has other weights than without', async () => {
    await trial.run(trial.start('a'));
    await trial.run(trial.start('b', '--model.dropout', '0.3'));
    const weights = `${lastCheckpoint}/weights.safetensors`;
    expect(bytes('a', weights).equals(bytes('b', weights))).toBe(false);
  });

  it('stops at the signal with a checkpoint of that very step', async () => {
    const { output } = await trial.run(trial.start('a'), { stopAt: 8 });
    expect(output).toContain(
      `Stopped at step 8; all is saved. Go on with: sparse-train --resume ${trial.path('a')}`,
    );
    expect(JSON.parse(bytes('a', 'checkpoints/step-000000008/state.json').toString())).toMatchObject({
      step: 8,
      tokens: 256,
    });
  });

  it('loses the lines of metrics that are behind its checkpoint', async () => {
    await trial.run(trial.start('a'), { stopAt: 8 });
    appendFileSync(trial.path('a/metrics.jsonl'), '{"step":9,"loss":1}\n{"step":10,"lo');
    await trial.run(['--resume', trial.path('a')]);
    expect(metrics('a').map((line) => Object(line).step)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('that is finished stays as it is when resumed', async () => {
    await trial.run(trial.start('a'));
    const before = trial.hash();
    expect(await trial.run(['--resume', trial.path('a')])).toMatchObject({ code: 0 });
    expect(trial.hash()).toBe(before);
  });

  it('goes on with the text at another place', async () => {
    await trial.run(trial.start('a'), { stopAt: 8 });
    const elsewhere = trial.path('elsewhere.txt');
    appendFileSync(elsewhere, bytes('', 'text.txt'));
    expect(await trial.run(['--resume', trial.path('a'), '--data', elsewhere])).toMatchObject({
      code: 0,
      errors: '',
    });
  });

  it('says when another engine takes over', async () => {
    await trial.run(trial.start('a'), { stopAt: 8 });
    const { output } = await trial.run(['--resume', trial.path('a'), '--engine', 'cpu']);
    expect(output).toContain('The run was on wasm with 1 threads so far');
  });

  it('keeps as many checkpoints as told', async () => {
    await trial.run(trial.start('a', '--checkpoints.keep', '3', '--validation.every', '5'));
    const steps = [10, 15, 20].map((step) => `checkpoints/step-0000000${step}/state.json`);
    expect(steps.map((file) => JSON.parse(bytes('a', file).toString()).step)).toEqual([10, 15, 20]);
    expect(() => bytes('a', 'checkpoints/step-000000005/state.json')).toThrow('ENOENT');
  });
});
