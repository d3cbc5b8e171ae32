/** The program as a process: signals, exit codes, streams. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { cli, fromSource, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

type Doing = (child: ChildProcessByStdio<null, Readable, Readable>) => void;

/** Runs a program from its source to its end. What is to be done is done once, when the output first holds the text. */
async function runSource(file: string, args: string[], { at = '', act }: { at?: string; act?: Doing } = {}) {
  const child = spawn(process.execPath, [...fromSource, file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = { output: '', errors: '', code: -1, signal: '' };
  let waiting = act;
  child.stdout.on('data', (data: Buffer) => {
    result.output += data.toString();
    if (!result.output.includes(at)) return;
    waiting?.(child);
    waiting = undefined;
  });
  child.stderr.on('data', (data: Buffer) => {
    result.errors += data.toString();
  });
  const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
  return Object.assign(result, { code, signal: killedBy ?? '' });
}

/** The trainer, and what happens to it after its first step. */
const runProgram = (args: string[], act?: Doing) =>
  runSource(cli, args, { at: 'step 1/', ...(act && { act }) });

it.each([
  ['SIGINT', 'cpu'],
  ['SIGTERM', 'wasm'],
  ['SIGUSR1', 'wasm'],
  ['SIGINT', 'wasm'],
] as const)('saves and exits with 0 at %s on %s', async (signal, engine) => {
  const folder = `at-${signal}-${engine}`;
  const args = trial.start(folder, '--steps', '1000000', '--engine', engine);
  const result = await runProgram(args, (child) => child.kill(signal));
  expect(result).toMatchObject({ code: 0, signal: '' });
  expect(result.errors).toMatch(
    /^\nStopping; what is trained will be saved\. Once more ends at once, without saving\.\n$/,
  );
  const step = /Stopped at step (\d+); all is saved/.exec(result.output)?.[1] ?? 'none';
  expect(existsSync(trial.path(`${folder}/checkpoints/step-${step.padStart(9, '0')}/state.json`))).toBe(true);
  expect(existsSync(trial.path(`${folder}/run.lock`))).toBe(false);
});

it('ends at once at a second signal, with its number in the exit code', async () => {
  const neverEnds = fileURLToPath(new URL('never-ends.ts', import.meta.url));
  const result = await runSource(neverEnds, [], {
    at: 'ready',
    act: (child) => {
      child.kill('SIGINT');
      // No kernel promises the order of signals that are sent together: the second waits for what the first one says.
      child.stderr.once('data', () => child.kill('SIGTERM'));
    },
  });
  expect(result).toMatchObject({ code: 128 + 15, signal: '' });
  expect(result.errors).toContain('Once more ends at once');
});

it('is ended in the middle of an estimate, which has nothing to save', async () => {
  const child = spawn(process.execPath, [...fromSource, cli, 'estimate', '--engine', 'cpu'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child.stderr, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([null, 'SIGTERM']);
});

it('goes on when nobody reads its output any more', async () => {
  const result = await runProgram(trial.start('unread', '--steps', '6'), (child) => child.stdout.destroy());
  expect(result).toMatchObject({ code: 0, errors: '' });
  expect(existsSync(trial.path('unread/checkpoints/step-000000006/state.json'))).toBe(true);
});

it('exits with 1 and one line on stderr when it refuses', async () => {
  const result = await runProgram(trial.start('new', '--steps', '0'));
  expect(result).toMatchObject({ code: 1, output: '' });
  expect(result.errors).toMatch(/^sparse-train: .*training\.steps.*\n$/);
});

it('gives the same bits on wasm for any number of threads', async () => {
  const large = [
    '--model.width',
    '64',
    '--model.length',
    '128',
    '--model.positions.stride',
    '16',
    '--steps',
    '3',
    '--training.warmupSteps',
    '1',
  ];
  const weights = async (threads: string) => {
    const args = trial.start(`on-${threads}`, ...large, '--engine', 'wasm', '--threads', threads);
    const { code, output, errors } = await runProgram(args);
    expect([code, errors, output]).toEqual([0, '', expect.stringContaining(`${threads} thread`)]);
    return readFileSync(trial.path(`on-${threads}/checkpoints/step-000000003/weights.safetensors`));
  };
  expect((await weights('3')).equals(await weights('1'))).toBe(true);
});
