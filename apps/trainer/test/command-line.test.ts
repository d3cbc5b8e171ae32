/** What the program does without a run folder: configurations, dry runs, help. */
import { afterAll, describe, expect, it } from 'vitest';
import { configs } from '../src/configs/named.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

async function printed(...args: string[]): Promise<Record<string, Record<string, unknown>>> {
  const { code, output } = await trial.run([...args, '--print-config']);
  expect(code).toBe(0);
  return JSON.parse(output);
}

describe('--print-config', () => {
  it.each([...configs.keys()])('prints the configuration %s, whole', async (name) => {
    expect(await printed('--config', name)).toEqual(configs.get(name));
  });

  it('shows overridden fields: numbers, words and patterns', async () => {
    const patterns = [
      {
        kind: 'or',
        patterns: [
          { kind: 'local', window: 4 },
          { kind: 'column', stride: 4 },
        ],
      },
    ];
    const settings = [
      '--model.layers',
      '4',
      '--data.tokenizer',
      'bytes',
      '--model.patterns',
      JSON.stringify(patterns),
    ];
    const config = await printed('--config', 'tiny-text', ...settings, '--training.peakLearningRate', '1e-3');
    expect(config['model']).toMatchObject({ layers: 4, patterns });
    expect(config['data']).toMatchObject({ tokenizer: 'bytes' });
    expect(config['training']).toMatchObject({ peakLearningRate: 0.001 });
  });

  it('does not change the configuration of that name', async () => {
    await printed('--config', 'tiny-text', '--model.layers', '9');
    expect((await printed('--config', 'tiny-text'))['model']).toEqual(configs.get('tiny-text')?.model);
  });

  it('takes --steps for --training.steps', async () => {
    expect((await printed('--config', 'tiny-text', '--steps', '300'))['training']).toMatchObject({
      steps: 300,
    });
  });
});

describe('--dry-run', () => {
  it('tells of parameters, plan, tokens and memory, and writes nothing', async () => {
    const before = trial.hash();
    const { code, output } = await trial.run(trial.start('new', '--dry-run'));
    expect(code).toBe(0);
    expect(output).toContain('Data: 1 file, 1,720 bytes: 1,548 tokens to train on, 172 to validate on.');
    expect(output).toContain('Tokens: characters, 16 ids');
    expect(output).toContain('20 steps of 2 × 16 tokens, 640 tokens');
    expect(output).toMatch(/1 layers, 1,\d{3} parameters/);
    expect(output).toContain('fixed(block 4, summary 1): 16 queries × 16 keys');
    expect(output).toMatch(/Memory: about \d+ MiB/);
    expect(trial.hash()).toBe(before);
  });

  it('refuses what a run would refuse', async () => {
    const { code, errors } = await trial.run(trial.start('new', '--dry-run', '--model.length', '4000'));
    expect(code).toBe(1);
    expect(errors).toContain('4001');
  });
});

describe('help', () => {
  it('lists every field, and examples', async () => {
    const { code, output } = await trial.run(['--help']);
    expect(code).toBe(0);
    expect(output).toContain('--model.patterns');
    expect(output).toContain('sparse-train --resume runs/a --max-minutes 10');
  });

  it('prints the version', async () => {
    expect((await trial.run(['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a run', () => {
  const quick = ['--steps', '2', '--training.warmupSteps', '1'];

  it('says which engine it took and why', async () => {
    const { output } = await trial.run(trial.start('told', ...quick, '--engine', 'auto'));
    expect(output).toMatch(/Engine \w+: .*\(auto took \w+/);
  });

  it('counts bits per character, or per byte', async () => {
    expect((await trial.shared(quick)).result.output).toContain('bits per character');
    const bytes = await trial.run(trial.start('bytes', ...quick, '--data.tokenizer', 'bytes'));
    expect(bytes.output).toContain('bits per byte');
    expect(bytes.output).not.toContain('bits per character');
  });

  it('says whether its data is what others published figures for', async () => {
    const start = trial.start('wiki', ...quick, '--data.validShare', '0.1');
    start[start.indexOf('tiny-text')] = 'enwik8-fixed';
    const { output } = await trial.run(start);
    expect(output).toContain(`Data: ${trial.path('text.txt')} is not the standard enwik8`);
    expect((await trial.shared(quick)).result.output).not.toContain('enwik8');
  });

  it('ends when its minutes are over, and goes on later', async () => {
    const { code, output } = await trial.run(trial.start('short', '--steps', '6', '--max-minutes', '1e-9'));
    expect(code).toBe(0);
    expect(output).toContain(
      '--max-minutes ended the run at step 1 of 6, validated; all is saved. Go on with: sparse-train --resume',
    );
    expect((await trial.run(['--resume', trial.path('short')])).output).toContain('Finished at step 6');
  });

  it('learns', async () => {
    const { output } = await trial.run(
      trial.start('learns', '--steps', '60', '--training.peakLearningRate', '1e-2'),
    );
    const validations = [...output.matchAll(/validation ([\d.]+) nats/g)].map(([, loss]) => Number(loss));
    expect(validations[0]).toBeGreaterThan(2.5);
    expect(validations.at(-1)).toBeLessThan(2);
  });
});
