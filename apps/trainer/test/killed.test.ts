/** A run that is killed again and again, at moments that nobody chose, ends with the bits of one that never was. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { randomBelow } from '@sparse-transformers/datasets';
import { afterAll, expect, it } from 'vitest';
import { cli, fromSource, repeatableLines, Trial } from './trial.ts';

const kills = 12;
const trial = new Trial();
afterAll(() => trial.remove());

const all = 180;

const settings = [
  ...['--steps', String(all), '--model.dropout', '0.1', '--training.averageDecay', '0.9'],
  ...['--checkpoints.every', '5', '--checkpoints.keep', '2', '--validation.every', '18'],
  ...['--samples.every', '90', '--samples.tokens', '4'],
];

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  errors: string;
}

function start(args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [...fromSource, cli, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, errors }));
  });
  return { child, ended };
}

function checkpoints(run: string): string[] {
  const folder = trial.path(`${run}/checkpoints`);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.startsWith('step-'))
        .sort()
    : [];
}

/** Before its first checkpoint a run is begun again by the same command. */
function argsOf(run: string): string[] {
  return checkpoints(run).length === 0 ? trial.start(run, ...settings) : ['--resume', trial.path(run)];
}

const linesOf = (run: string, file: string): string[] => {
  const path = trial.path(`${run}/${file}`);
  return existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(0, -1) : [];
};

/** Starts the run, or goes on with it, and waits until it is so many steps behind its newest checkpoint's, or has ended. */
function startAndWait(run: string, behind: number) {
  const from = Number(checkpoints(run).at(-1)?.slice('step-'.length) ?? 0);
  const before = linesOf(run, 'sessions.jsonl').at(-1);
  const running = start(argsOf(run));
  // Until this session has its line, the steps that are told may be those that the last kill lost.
  const hasBegun = () => ![before, undefined].includes(linesOf(run, 'sessions.jsonl').at(-1));
  const reached = () => hasBegun() && linesOf(run, 'metrics.jsonl').length >= from + behind;
  const wasReached = (async () => {
    while (running.child.exitCode === null && running.child.signalCode === null && !reached()) await wait(2);
  })();
  return { ...running, wasReached };
}

it(`goes on with the same bits when it is killed ${kills} times`, async () => {
  expect(await start(trial.start('straight', ...settings)).ended).toMatchObject({ code: 0, errors: '' });

  for (let kill = 0; kill < kills; kill++) {
    const random = (below: number, row: number) =>
      randomBelow(below, { seed: 8, purpose: 'kills', index: kill, row });
    // Every fifth time while it starts, else somewhere in or between steps. A quick machine must not reach the last step before the last kill.
    const isAtStart = kill % 5 === 4;
    const running = startAndWait('killed', isAtStart ? 0 : random(9, 1));
    await Promise.race([running.wasReached, ...(isAtStart ? [wait(random(1000, 0))] : [])]);
    running.child.kill('SIGKILL');
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGKILL', errors: '' });
  }
  expect(await start(argsOf('killed')).ended).toMatchObject({ code: 0, errors: '' });

  const text = (run: string, file: string) => readFileSync(trial.path(`${run}/${file}`), 'utf8');
  expect(repeatableLines(text('killed', 'metrics.jsonl'))).toEqual(
    repeatableLines(text('straight', 'metrics.jsonl')),
  );
  expect(repeatableLines(text('killed', 'metrics.jsonl'))).toHaveLength(all);
  expect(checkpoints('killed')).toEqual(checkpoints('straight'));
  const last = `checkpoints/${checkpoints('straight').at(-1)}`;
  const files = [
    ...['weights', 'optimizer', 'average'].map((name) => `${last}/${name}.safetensors`),
    ...['validation.jsonl', 'samples/step-000000180/0.txt'],
  ];
  for (const file of files) expect([file, text('killed', file)]).toEqual([file, text('straight', file)]);
});
