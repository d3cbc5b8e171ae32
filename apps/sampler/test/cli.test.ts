/** The program in a process of its own, from its source. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { useEngine } from '@sparse-transformers/engines';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyFiles, tokenizers, writeRun } from './tiny-run.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const fromSource = ['--conditions=@sparse-transformers/source', '--import', `${repository}tools/source.mjs`];
const program = [...fromSource, `${repository}apps/sampler/src/cli.ts`];

let run = '';
beforeAll(async () => {
  await useEngine('cpu');
  run = await writeRun(await tinyFiles(tokenizers.characters));
});

const sample = (args: string[], input = '') =>
  spawnSync(process.execPath, [...program, ...args], { encoding: 'utf8', input });

describe('the process', () => {
  it('writes the text to standard output, and all else to standard error', () => {
    // TensorFlow's own library writes to standard error as it loads, so the engine is named.
    const args = [run, '--prompt', '-', '--tokens', '9', '--seed', '2', '--engine', 'wasm'];
    const { status, stdout, stderr } = sample(args, 'abc');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^abc[\n a-j]{9}\n?$/);
    expect(stderr).toMatch(/^Model of step 300 .*\nEngine .*\n9 tokens in .* a second\n$/);
  });

  it('ends with 1 and one line on standard error for a bad input', () => {
    const { status, stdout, stderr } = sample(['/no/such/run', '--prompt', 'a']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^sparse-sample: \/no\/such\/run: [^\n]*\n$/);
  });

  it('ends quietly when its reader stops early', () => {
    const command = 'set -o pipefail; node "$@" | head -c 5';
    const args = [run, '--prompt', 'abc', '--tokens', '45', '--samples', '2000', '--engine', 'cpu'];
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', ...program, ...args], {
      encoding: 'utf8',
    });
    expect([status, stdout.length]).toEqual([0, 5]);
    expect(stderr).not.toMatch(/EPIPE|Error|tokens in/);
  });
});
