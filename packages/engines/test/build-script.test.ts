/** What tools/tensorflow-engine/build.sh refuses, before it fetches anything. That the build works is for the script's own last step. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../tools/tensorflow-engine/build.sh', import.meta.url));

function build(...options: string[]): { status: number | null; words: string } {
  const { status, stdout, stderr } = spawnSync('bash', [script, ...options], { encoding: 'utf8' });
  return { status, words: stdout + stderr };
}

it('--help names the folder, the variable and what is needed', () => {
  const { status, words } = build('--help');
  expect([status, words]).toEqual([
    0,
    expect.stringMatching(/--home FOLDER.*SPARSE_TENSORFLOW_HOME.*g\+\+, make/s),
  ]);
});

it('refuses a package that it does not build', () => {
  const { status, words } = build('tfjs-react-native');
  expect([status, words]).toEqual([
    1,
    expect.stringContaining("unknown argument 'tfjs-react-native'; expected"),
  ]);
});

it('refuses --home without a folder', () => {
  expect(build('--home')).toEqual({ status: 1, words: 'tensorflow-engine: --home needs a folder\n' });
});

it('leaves a folder alone that has files of somebody else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  writeFileSync(join(folder, 'thesis.txt'), '');
  const { status, words } = build('--home', folder);
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true });
  expect([status, left, words]).toEqual([
    1,
    ['thesis.txt'],
    expect.stringContaining('was not made by this script'),
  ]);
});
