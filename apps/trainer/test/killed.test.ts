/** A run that is killed again and again, at moments that nobody chose, ends with the bits of one that never was. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomBelow } from '@sparse-transformers/datasets';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repeatableLines, Trial } from './trial.ts';

const kills = 50;
const trial = new Trial();
afterAll(() => trial.remove());

const program = trial.path('bundle/dist/cli.mjs');

/** Where the bundle finds what it looks for by itself: the library that holds its lock. */
const environment = {
  ...process.env,
  NODE_PATH: fileURLToPath(new URL('../../../packages/training/node_modules', import.meta.url)),
};

/** One file starts in a fraction of the time that the source takes. */
beforeAll(async () => {
  mkdirSync(trial.path('bundle'));
  writeFileSync(trial.path('bundle/package.json'), '{"version":"0.0.0"}');
  // For what is imported by a name that no bundler sees: the engine.
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), trial.path('bundle/node_modules'));
  await build({
    entryPoints: [fileURLToPath(new URL('../src/cli.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@sparse-transformers/source'],
    external: ['koffi', 'sharp', '@wasm-audio-decoders/*', '@alexanderolsen/*'],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
});

const all = 360;

const settings = [
  ...['--steps', String(all), '--model.dropout', '0.1', '--training.averageDecay', '0.9'],
  ...['--checkpoints.every', '5', '--checkpoints.keep', '2', '--validation.every', '18'],
  ...['--samples.every', '90', '--samples.tokens', '4'],
  // The other engines are packages of their own, which the bundle doesn't have inside.
  ...['--engine', 'cpu'],
];

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  errors: string;
}

function start(args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
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

/** Waits until the run is so many steps behind its newest checkpoint's, or has ended. */
async function steps(run: string, { child }: { child: ChildProcess }, behind: number): Promise<void> {
  const from = Number(checkpoints(run).at(-1)?.slice('step-'.length) ?? 0);
  const metrics = trial.path(`${run}/metrics.jsonl`);
  const reached = () =>
    existsSync(metrics) && readFileSync(metrics, 'latin1').split('\n').length > from + behind;
  while (child.exitCode === null && !reached()) await wait(2);
}

it(`goes on with the same bits when it is killed ${kills} times`, async () => {
  expect(await start(trial.start('straight', ...settings)).ended).toMatchObject({ code: 0, errors: '' });

  for (let kill = 0; kill < kills; kill++) {
    const random = (below: number, row: number) =>
      randomBelow(below, { seed: 5, purpose: 'kills', index: kill, row });
    const running = start(argsOf('killed'));
    // Every fifth time while it starts, else somewhere in or between steps. A quick machine must not reach the last step before the last kill.
    if (kill % 5 === 4) await wait(random(200, 0));
    else await steps('killed', running, random(6, 1));
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
    ...['validation.jsonl', 'samples/step-000000360/0.txt'],
  ];
  for (const file of files) expect([file, text('killed', file)]).toEqual([file, text('straight', file)]);
});
