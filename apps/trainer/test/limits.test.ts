/** A session of so many minutes, by a clock that only reading and writing move: all is done in them, the last validation too. */
import { readFileSync } from 'node:fs';
import type { TokenSplit } from '@sparse-transformers/datasets';
import { afterAll, describe, expect, it } from 'vitest';
import { type Outcome, type Run, startRun, train } from '../src/index.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

/** Seconds that each takes. */
interface Paces {
  readonly step: number;
  readonly validation: number;
  readonly save: number;
}

/** A run whose steps, validations of two batches, and checkpoints take so long. */
function paced(run: Run, { step, validation, save }: Paces, pass: (seconds: number) => void): Run {
  const split = (name: 'train' | 'valid' | 'test'): TokenSplit => {
    const own = run.data.split(name);
    return {
      ...own,
      read(from, into) {
        // A batch has two windows.
        pass((name === 'train' ? step : validation / 2) / 2);
        return own.read(from, into);
      },
    };
  };
  const writeFile = (path: string, bytes: Uint8Array) => {
    if (path.endsWith('weights.safetensors')) pass(save);
    return run.fileSystem.writeFile(path, bytes);
  };
  return { ...run, data: { ...run.data, split }, fileSystem: { ...run.fileSystem, writeFile } };
}

let runs = 0;

/** How a session ended, after how many seconds, and the steps that were validated. */
async function session(paces: Paces, maxMinutes: number, ...more: string[]) {
  const folder = trial.path(`run-${runs++}`);
  const start = trial.start('any', '--steps', '99', '--validation.every', '4', ...more, '--print-config');
  const config = JSON.parse((await trial.run(start)).output);
  const data = [trial.path('text.txt')];
  const run = await startRun({
    name: 'tiny-text',
    config,
    data,
    folder,
    seed: 1,
    engine: 'wasm',
    threads: 1,
  });
  let seconds = 0;
  const timed = paced(run, paces, (passed) => {
    seconds += passed;
  });
  const outcome: Outcome = await train(timed, { maxMinutes, now: () => 1000 * seconds });
  await run.close();
  const lines = readFileSync(`${folder}/validation.jsonl`, 'utf8').trimEnd().split('\n');
  return { ...outcome, seconds, validated: lines.map((line): number => JSON.parse(line).step) };
}

describe('a session of some minutes', () => {
  it.each([
    // Four steps, a validation and its checkpoint take 75 seconds, twice; then a step, a validation and a checkpoint 45.
    ['leaves time to validate and save', 194, [4, 8]],
    ['takes another step where that fits', 195, [4, 8, 9]],
  ])('%s', async (_, limit, validated) => {
    const rare = ['--checkpoints.every', '50'];
    const end = await session({ step: 10, validation: 30, save: 5 }, limit / 60, ...rare);
    expect(end).toMatchObject({ end: 'time', step: validated.at(-1), validated });
    expect(end.seconds).toBeLessThanOrEqual(limit);
  });

  it('guesses how long a validation takes from the steps, before there was one', async () => {
    // Four windows with no gradients, where a step has two with them.
    const { end, step, seconds } = await session(
      { step: 12, validation: 8, save: 0 },
      1,
      '--validation.every',
      '50',
    );
    expect([end, step, seconds]).toEqual(['time', 4, 56]);
  });

  it('takes a step even where there is no time for one', async () => {
    expect(await session({ step: 10, validation: 30, save: 5 }, 1e-9)).toMatchObject({
      end: 'time',
      step: 1,
      validated: [1],
    });
  });
});
