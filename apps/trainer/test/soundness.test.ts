/** A checkpoint is called sound only after a look at its weights, and what a run can go back to stays while it looks bad. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors, type TensorData } from '@sparse-transformers/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configs } from '../src/index.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const settings = ['--steps', '12', '--checkpoints.every', '4', '--validation.every', '3'];

beforeAll(async () => {
  expect(await trial.run(trial.start('run', ...settings), { stopAt: 8 })).toMatchObject({ code: 0 });
});

/** Changes numbers in a file of a checkpoint, and its manifest with them. */
function change(
  run: string,
  step: string,
  file: string,
  tensor: string,
  to: (value: number) => number,
): void {
  const folder = trial.path(`${run}/checkpoints/${step}`);
  const tensors = new Map<string, TensorData>(decodeSafetensors(readFileSync(join(folder, file))).tensors);
  for (const [name, { values }] of tensors) if (name.startsWith(tensor)) values.set(values.map(to));
  const bytes = encodeSafetensors(tensors);
  writeFileSync(join(folder, file), bytes);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const entry = manifest.files.find(({ name }: { name: string }) => name === file);
  Object.assign(entry, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

const newest = 'step-000000008';

describe('weights that are spoiled', () => {
  it.each([1e30, 1e6])(
    'by a factor of %s are not called sound; older ones that are, are named',
    async (factor) => {
      const run = `spoiled-${factor}`;
      cpSync(trial.path('run'), trial.path(run), { recursive: true });
      change(run, newest, 'weights.safetensors', '', (value) => value * factor);
      const { code, errors } = await trial.run(['--resume', trial.path(run)]);
      expect([code, errors]).toEqual([
        2,
        expect.stringContaining('checkpoint of step 8 look spoiled, too: they give a loss of'),
      ]);
      expect(errors).not.toContain('step 8 is sound');
      expect(errors).toContain('Those of step 6 are sound');
      expect(existsSync(trial.path(`${run}/checkpoints/step-000000006`))).toBe(true);
    },
  );
});

describe('a run that looks bad', () => {
  it('keeps the newest checkpoint that is sound, beyond those that it keeps anyway', async () => {
    cpSync(trial.path('run'), trial.path('bad'), { recursive: true });
    const wild = [
      '--training.peakLearningRate',
      '1e12',
      '--training.finalLearningRate',
      '1e12',
      '--training.lossLimit',
      '0',
    ];
    const often = ['--checkpoints.every', '1', '--checkpoints.keep', '1', '--validation.every', '100'];
    const { output } = await trial.run([
      '--resume',
      trial.path('bad'),
      ...wild,
      ...often,
      '--training.notFinite',
      'skip',
    ]);
    expect(output).toMatch(
      /step 9: the weights look spoiled: they give a loss of \S+ on the batch before\. The checkpoint of step 8, which is sound, stays\./,
    );
    const left = readdirSync(trial.path('bad/checkpoints')).sort();
    expect(left).toContain('step-000000008');
    expect(left).toContain('step-000000012');
    expect(left).not.toContain('step-000000009');
  });

  it('saves nothing that nobody could go on from', async () => {
    cpSync(trial.path('run'), trial.path('infinite'), { recursive: true });
    const wild = [
      '--training.peakLearningRate',
      '1e39',
      '--training.finalLearningRate',
      '1e39',
      '--checkpoints.every',
      '1',
    ];
    const { code, errors } = await trial.run(['--resume', trial.path('infinite'), ...wild]);
    expect([code, errors]).toEqual([
      2,
      expect.stringMatching(
        /step 9: tensor ".+" of weights\.safetensors holds .+ checkpoint of step 8, which is sound/,
      ),
    ]);
    expect(readdirSync(trial.path('infinite/checkpoints')).sort().at(-1)).toBe(newest);
  });
});

describe('numbers that are not finite', () => {
  it.each([
    ['weights.safetensors', 'output.weight', ['resume', 'eval', 'export']],
    ['optimizer.safetensors', 'second.output.weight', ['resume']],
  ] as const)('in %s are named with file and tensor', async (file, tensor, commands) => {
    const run = `not-finite-${file}`;
    cpSync(trial.path('run'), trial.path(run), { recursive: true });
    change(run, newest, file, tensor, () => Number.NaN);
    const args = {
      resume: ['--resume', trial.path(run)],
      eval: ['eval', trial.path(run), '--checkpoint', 'last'],
      export: ['export', trial.path(run), '--checkpoint', 'last', '--out', trial.path('exported')],
    };
    for (const command of commands) {
      const { code, errors } = await trial.run(args[command]);
      expect([command, code]).toEqual([command, 1]);
      expect(errors).toContain(`${newest}/${file}: `);
      expect(errors).toContain(`tensor "${tensor}": expected finite numbers; got NaN at place 0`);
    }
  });
});

it.each([...configs])('%s has a limit for the loss', (_, { training }) => {
  expect(training.lossLimit).toBeGreaterThan(1);
});
