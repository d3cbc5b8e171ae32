/** The whole loop on a disk that fails at a thing it is asked to do: a message, an exit code, and nothing lost. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeRunFileSystem, type RunFileSystem } from '../src/run-folder/run-files.ts';
import { repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const settings = [
  ...['--steps', '6', '--checkpoints.every', '2', '--checkpoints.keep', '1', '--validation.every', '3'],
  ...['--training.averageDecay', '0.9', '--samples.every', '3', '--samples.tokens', '3'],
];

/** Counts what changes the disk, and refuses what `fails` says. */
function disk(fails: (operation: number) => boolean): {
  fileSystem: RunFileSystem;
  asked: readonly string[];
} {
  const asked: string[] = [];
  const guarded =
    <Args extends unknown[]>(run: (...args: Args) => Promise<void>) =>
    (...args: Args): Promise<void> => {
      asked.push(run.name);
      if (!fails(asked.length)) return run(...args);
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    };
  const { makeFolder, writeFile, syncFolder, renameFolder, removeFolder, appendFile, syncFile } =
    nodeRunFileSystem;
  const fileSystem = {
    ...nodeRunFileSystem,
    makeFolder: guarded(makeFolder),
    writeFile: guarded(writeFile),
    syncFolder: guarded(syncFolder),
    renameFolder: guarded(renameFolder),
    removeFolder: guarded(removeFolder),
    appendFile: guarded(appendFile),
    syncFile: guarded(syncFile),
  };
  return { fileSystem, asked };
}

const text = (run: string, file: string) => readFileSync(trial.path(`${run}/${file}`), 'latin1');
const hasCheckpoint = (run: string) =>
  existsSync(trial.path(`${run}/checkpoints`)) &&
  readdirSync(trial.path(`${run}/checkpoints`)).some((name) => name.startsWith('step-'));

/** What the disk is asked for in a run, by name. */
let asked: readonly string[] = [];

beforeAll(async () => {
  const counting = disk(() => false);
  const result = await trial.run(trial.start('straight', ...settings), counting);
  expect(result).toMatchObject({ code: 0, errors: '' });
  asked = counting.asked;
});

function expectSame(run: string): void {
  const lines = (of: string) => repeatableLines(text(of, 'metrics.jsonl'));
  expect(lines(run)).toEqual(lines('straight'));
  expect(text(run, 'validation.jsonl')).toBe(text('straight', 'validation.jsonl'));
  const last = 'checkpoints/step-000000006';
  for (const name of ['weights', 'optimizer', 'average']) {
    const file = `${last}/${name}.safetensors`;
    expect([file, text(run, file)]).toEqual([file, text('straight', file)]);
  }
}

/** A moment of each kind of operation, the first one of the run and ever later ones. */
function moments(): number[] {
  const kinds = [...new Set(asked)];
  return kinds.map((kind, place) => {
    const all = asked.flatMap((name, index) => (name === kind ? [index + 1] : []));
    return all[Math.round((place / (kinds.length - 1)) * (all.length - 1))]!;
  });
}

it.each([
  ['once', (k: number) => (operation: number) => operation === k],
  ['from then on', (k: number) => (operation: number) => operation >= k],
])('loses nothing when the disk fails at an operation of each kind, %s', async (how, failsAt) => {
  expect(moments()).toHaveLength(7);
  for (const k of moments()) {
    const run = `${how.replaceAll(' ', '-')}-${k}`;
    const failed = await trial.run(trial.start(run, ...settings), disk(failsAt(k)));
    // What can't be removed is told, and ends nothing.
    if (failed.code === 0) expect(failed.output).toContain('could not be removed');
    else {
      expect([k, failed.code, failed.errors]).toEqual([k, 3, expect.stringContaining('the disk is full')]);
      expect(failed.errors).toMatch(/^sparse-train: [^\n]+\n$/);
    }
    const args = hasCheckpoint(run) ? ['--resume', trial.path(run)] : trial.start(run, ...settings);
    expect([k, await trial.run(args)]).toMatchObject([k, { code: 0, errors: '' }]);
    expectSame(run);
  }
});
