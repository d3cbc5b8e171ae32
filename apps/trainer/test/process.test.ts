/** The program as a process: signals, exit codes, streams. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { program, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

/** Runs the program; as soon as the first step is told, a signal is sent, or the reader of its output leaves. */
async function runProgram(
  args: string[],
  signal?: NodeJS.Signals | 'reader leaves',
  second?: NodeJS.Signals,
) {
  const [node = '', ...source] = program;
  const child = spawn(node, [...source, ...args]);
  const result = { output: '', errors: '', code: -1, signal: '' };
  child.stdout.on('data', (data: Buffer) => {
    result.output += data.toString();
    // Once: a second signal ends the program at once.
    if (signal === undefined || !result.output.includes('step 1/') || child.killed) return;
    if (signal === 'reader leaves') child.stdout.destroy();
    else child.kill(signal);
    if (second !== undefined) child.kill(second);
  });
  child.stderr.on('data', (data: Buffer) => {
    result.errors += data.toString();
  });
  await new Promise<void>((resolve) => {
    child.on('close', (code, killedBy) => {
      Object.assign(result, { code, signal: killedBy ?? '' });
      resolve();
    });
  });
  return result;
}

it.each([
  ['SIGINT', 'cpu'],
  ['SIGTERM', 'cpu'],
  ['SIGUSR1', 'cpu'],
  ['SIGINT', 'wasm'],
] as const)('saves and exits with 0 at %s on %s', async (signal, engine) => {
  const folder = `at-${signal}-${engine}`;
  const args = trial.start(folder, '--steps', '1000000', '--engine', engine);
  const result = await runProgram(args, signal);
  expect(result).toMatchObject({ code: 0, signal: '' });
  expect(result.errors).toMatch(
    /^\nStopping; what is trained will be saved\. Once more ends at once, without saving\.\n$/,
  );
  const step = /Stopped at step (\d+); all is saved/.exec(result.output)?.[1] ?? 'none';
  expect(existsSync(trial.path(`${folder}/checkpoints/step-${step.padStart(9, '0')}/state.json`))).toBe(true);
  expect(existsSync(trial.path(`${folder}/run.lock`))).toBe(false);
});

it('ends at once at a second signal, with its number in the exit code', async () => {
  const args = trial.start('at-once', '--steps', '1000000');
  const result = await runProgram(args, 'SIGINT', 'SIGTERM');
  expect(result).toMatchObject({ code: 128 + 15, signal: '' });
  expect(result.output).not.toContain('all is saved');
  // The newest checkpoint stays, and so does the way back.
  expect(await runProgram(['--resume', trial.path('at-once'), '--max-tokens', '1'])).toMatchObject({
    code: 0,
  });
});

it('goes on when nobody reads its output any more', async () => {
  const result = await runProgram(trial.start('unread', '--steps', '6'), 'reader leaves');
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
    '5',
  ];
  const weights = async (threads: string) => {
    const args = trial.start(`on-${threads}`, ...large, '--engine', 'wasm', '--threads', threads);
    const { code, output, errors } = await runProgram(args);
    expect([code, errors, output]).toEqual([0, '', expect.stringContaining(`${threads} thread`)]);
    return readFileSync(trial.path(`on-${threads}/checkpoints/step-000000005/weights.safetensors`));
  };
  expect((await weights('3')).equals(await weights('1'))).toBe(true);
});
