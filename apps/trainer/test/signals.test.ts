/** A signal ends whatever goes on, without another step; what was left out is done when the run goes on, with the same bits. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { encodeWav, type TokenSplit } from '@sparse-transformers/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRunData } from '../src/data/run-data.ts';
import { configs, type Run, type RunConfig, resumeRun, startRun, train } from '../src/index.ts';
import { repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const settings = [
  ...['--steps', '9', '--validation.every', '4', '--checkpoints.every', '5', '--checkpoints.keep', '9'],
  ...[
    '--samples.every',
    '3',
    '--samples.tokens',
    '3',
    '--samples.count',
    '1',
    '--training.averageDecay',
    '0.9',
  ],
];

async function configOf(...more: string[]): Promise<RunConfig> {
  const { output } = await trial.run([...trial.start('any', ...settings, ...more), '--print-config']);
  return JSON.parse(output);
}

async function begin(name: string, more: Partial<Parameters<typeof startRun>[0]> = {}): Promise<Run> {
  const [config, data, folder] = [await configOf(), [trial.path('text.txt')], trial.path(name)];
  return startRun({ name: 'tiny-text', config, data, folder, seed: 1, engine: 'wasm', threads: 1, ...more });
}

const read = (run: string, file: string) => readFileSync(trial.path(`${run}/${file}`), 'latin1');

beforeAll(async () => {
  const run = await begin('straight');
  expect(await train(run)).toMatchObject({ end: 'finished', step: 9 });
  await run.close();
});

/** A run that tells when it reads data for validation or samples, and when it writes. */
function watched(run: Run, tell: (what: string) => void): Run {
  const split = (name: 'train' | 'valid' | 'test'): TokenSplit => {
    const own = run.data.split(name);
    return {
      ...own,
      read(from, into) {
        tell(name);
        return own.read(from, into);
      },
    };
  };
  const writeFile = (path: string, bytes: Uint8Array) => {
    tell(path);
    return run.fileSystem.writeFile(path, bytes);
  };
  return { ...run, data: { ...run.data, split }, fileSystem: { ...run.fileSystem, writeFile } };
}

describe.each([
  ['validation', 4, 'valid'],
  ['the sampling', 3, 'valid'],
  ['the validation at the end', 9, 'valid'],
  ['the saving', 5, 'writing-step-000000005'],
  ['a step', 2, 'train'],
] as const)('during %s', (during, at, what) => {
  it('the run ends after the step at hand, and goes on with the same bits', async () => {
    const stopping = new AbortController();
    const folder = during.replaceAll(' ', '-');
    let steps = 0;
    const run = watched(await begin(folder), (told) => {
      if (steps === (what === 'train' ? at - 1 : at) && told.includes(what)) stopping.abort();
    });
    const onStep = () => {
      steps += 1;
    };
    expect(await train(run, { signal: stopping.signal, onStep })).toMatchObject({ end: 'stopped', step: at });
    expect(steps).toBe(at);
    await run.close();

    const resumed = await resumeRun({ folder: trial.path(folder) });
    expect(await train(resumed)).toMatchObject({ end: 'finished', step: 9 });
    await resumed.close();
    for (const file of ['validation.jsonl', 'checkpoints/step-000000009/weights.safetensors'])
      expect([file, read(folder, file)]).toEqual([file, read('straight', file)]);
    for (const step of readdirSync(trial.path('straight/samples')))
      expect(read(folder, `samples/${step}/0.txt`)).toBe(read('straight', `samples/${step}/0.txt`));
    const lines = (name: string) => repeatableLines(read(name, 'metrics.jsonl'));
    expect(lines(folder)).toEqual(lines('straight'));
  });
});

describe('while data is read', () => {
  const long = trial.path('long.txt');
  beforeAll(() => writeFileSync(long, 'To be, or not to be, that is the question. '.repeat(2 ** 17)));

  it('a start ends at once and leaves nothing', async () => {
    const stopping = new AbortController();
    let told = 0;
    const onProgress = () => {
      told += 1;
      stopping.abort();
    };
    const { signal } = stopping;
    await expect(begin('not/begun', { data: [long], signal, onProgress })).rejects.toThrow(
      'This operation was aborted',
    );
    expect(told).toBe(1);
    expect(existsSync(trial.path('not'))).toBe(false);
    expect(
      readdirSync(trial.folder, { recursive: true }).filter((name) => String(name).includes('partial')),
    ).toEqual([]);
  });

  it('sound is left in the middle of a file', async () => {
    const wav = trial.path('long.wav');
    writeFileSync(wav, encodeWav(new Float32Array(2 ** 20), 16_000));
    const stopping = new AbortController();
    const { signal } = stopping;
    const onProgress = () => stopping.abort();
    const { data } = configs.get('audio-folder')!;
    let done = -1;
    await expect(
      openRunData({ data: [wav], valid: null }, data, {
        signal,
        onProgress(progress) {
          done = progress.done;
          onProgress();
        },
      }),
    ).rejects.toThrow('This operation was aborted');
    expect(done).toBe(0);
  });

  it.each([
    ['a run that begins', () => trial.start('new', '--data', long)],
    ['a run that goes on', () => ['--resume', trial.path('straight')]],
    ['an evaluation', () => ['eval', trial.path('straight'), '--engine', 'cpu']],
    ['a dry run', () => [...trial.start('new', '--data', long), '--dry-run']],
  ])('%s says that nothing has changed', async (_, args) => {
    const before = trial.hash();
    const { code, errors } = await trial.run(args(), { isStopped: true });
    expect([code, errors]).toEqual([130, 'sparse-train: stopped by a signal; nothing has changed.\n']);
    expect(trial.hash()).toBe(before);
  });
});

it('before the first step leaves a run that goes on', async () => {
  const run = await begin('early');
  const outcome = await train(run, { signal: AbortSignal.abort() });
  await run.close();
  expect(outcome).toMatchObject({ end: 'stopped', step: 0 });
  const resumed = await resumeRun({ folder: trial.path('early') });
  expect(await train(resumed)).toMatchObject({ end: 'finished' });
  await resumed.close();
});

it('a run that ends by a limit is validated at its end', async () => {
  await trial.run(trial.start('limited', ...settings, '--max-tokens', '160'));
  const steps = read('limited', 'validation.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).step);
  expect(steps).toEqual([4, 5]);
});

describe('a start whose data fails at the first step', () => {
  it('leaves nothing in the way of the same command, and nothing of others is removed', async () => {
    const args = trial.start('above/failing', ...settings);
    const failing = await begin('above/failing');
    writeFileSync(trial.path('above/theirs'), 'theirs');
    const broken = watched(failing, () => {
      throw new Error('the disk with the data is gone');
    });
    await expect(train(broken)).rejects.toThrow('is gone');
    await failing.abandon();
    expect(readdirSync(trial.path('above'))).toEqual(['theirs']);
    expect(await trial.run(args)).toMatchObject({ code: 0 });
  });

  it('does not remove a run that has taken a step', async () => {
    const run = await begin('stepped');
    await train(run, { maxTokens: 1 });
    await run.abandon();
    expect(existsSync(trial.path('stepped/checkpoints/step-000000001'))).toBe(true);
  });
});
