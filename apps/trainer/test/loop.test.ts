/** What the loop does besides plain steps: parts of a batch, averages, skipped steps, limits, changed settings, other optimisers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Result, repeatableLines, Trial } from './trial.ts';

let trial: Trial;
beforeEach(() => {
  trial = new Trial();
});
afterEach(() => trial.remove());

function bytes(run: string, file: string): Buffer {
  return readFileSync(trial.path(`${run}/${file}`));
}

interface Line {
  step: number;
  loss: number | null;
  learningRate: number;
  tokens: number;
  skipped: number;
}

function lines(run: string): Line[] {
  return repeatableLines(bytes(run, 'metrics.jsonl').toString()).map((line) => JSON.parse(line));
}

async function begin(run: string, ...more: string[]): Promise<Result> {
  const result = await trial.run(trial.start(run, ...more));
  expect(result).toMatchObject({ code: 0, errors: '' });
  return result;
}

/** One run straight through, and one that is stopped after step 8 and gone on with. */
async function expectResumes(...more: string[]): Promise<void> {
  await begin('straight', ...more);
  expect(await trial.run(trial.start('resumed', ...more), { stopAt: 8 })).toMatchObject({ code: 0 });
  expect(await trial.run(['--resume', trial.path('resumed')])).toMatchObject({ code: 0, errors: '' });
  expect(lines('resumed')).toEqual(lines('straight'));
  const last = 'checkpoints/step-000000020';
  for (const file of readdirSync(trial.path(`straight/${last}`)).filter((name) =>
    name.endsWith('.safetensors'),
  ))
    expect([file, bytes('resumed', `${last}/${file}`)]).toEqual([file, bytes('straight', `${last}/${file}`)]);
  expect(bytes('resumed', 'validation.jsonl')).toEqual(bytes('straight', 'validation.jsonl'));
}

/** So large a learning rate that the loss goes up and down. */
const wild = ['--training.peakLearningRate', '0.3', '--training.warmupSteps', '0'];

describe('resuming gives the same bits', () => {
  it('with Adafactor', () => expectResumes('--training.optimizer', 'adafactor'));
  it('with averaged weights', () => expectResumes('--training.averageDecay', '0.9'));
  it('with batches in parts, and dropout', () =>
    expectResumes('--training.accumulate', '2', '--model.dropout', '0.2'));
  it('with blocks computed again', () => expectResumes('--training.recompute', 'true'));
  it('with a learned start before text', () => expectResumes('--model.start', 'learned'));
  it('with skipped steps', async () => {
    await expectResumes(...wild, '--training.lossLimit', '1.001', '--training.notFinite', 'skip');
    const { skipped } = lines('straight').at(-1)!;
    expect(skipped).toBeGreaterThan(0);
    expect(skipped).toBeLessThan(20);
  });
});

describe('a batch', () => {
  it('in parts gives the loss of the whole', async () => {
    await begin('whole');
    await begin('parts', '--training.accumulate', '2');
    const losses = (run: string) => lines(run).map(({ loss }) => loss ?? Number.NaN);
    const whole = losses('whole');
    losses('parts').forEach((loss, step) => {
      expect(loss).toBeCloseTo(whole[step]!, 4);
    });
  });

  it('that blocks are computed again for gives the same bits', async () => {
    await begin('kept', '--model.dropout', '0.2');
    await begin('again', '--model.dropout', '0.2', '--training.recompute', 'true');
    expect(lines('again')).toEqual(lines('kept'));
  });

  it('that comes at every step is learned by heart', async () => {
    await begin('heart', '--overfit-batch', '--steps', '120', '--training.peakLearningRate', '3e-2');
    expect(lines('heart').at(-1)!.loss).toBeLessThan(0.1);
  });
});

describe('averaged weights', () => {
  it('are what is validated, exported and evaluated', async () => {
    await begin('plain');
    await begin('averaged', '--training.averageDecay', '0.8');
    expect(lines('averaged')).toEqual(lines('plain'));
    expect(bytes('averaged', 'validation.jsonl')).not.toEqual(bytes('plain', 'validation.jsonl'));
  });
});

describe('a loss that explodes', () => {
  const hot = ['--training.peakLearningRate', '1e30', '--training.warmupSteps', '0'];

  it('ends the run, with the batch to look at and the way back', async () => {
    const { code, errors } = await trial.run(trial.start('hot', ...hot));
    expect(code).toBe(2);
    const folder = trial.path('hot/bad-batches/step-000000002');
    expect(errors).toContain(folder);
    expect(errors).toContain(`--resume ${trial.path('hot')}`);
    expect(readFileSync(`${folder}/0.txt`, 'utf8')).toHaveLength(16);
    expect(JSON.parse(readFileSync(`${folder}/cursor.json`, 'utf8'))).toMatchObject({
      step: 2,
      cursor: { next: 1 },
    });
    const calmer = ['--training.peakLearningRate', '1e-3', '--training.finalLearningRate', '0'];
    expect(await trial.run(['--resume', trial.path('hot'), ...calmer])).toMatchObject({
      code: 0,
      errors: '',
    });
    expect(lines('hot')).toHaveLength(20);
    expect(JSON.parse(bytes('hot', 'config.json').toString()).changes).toMatchObject([
      { step: 0, field: 'training.peakLearningRate', from: 1e30, to: 1e-3 },
      { step: 0, field: 'training.finalLearningRate', to: 0 },
    ]);
  });

  it('repeats itself when the run is gone on with as it was', async () => {
    await trial.run(trial.start('hot', ...hot));
    const first = lines('hot');
    expect(await trial.run(['--resume', trial.path('hot')])).toMatchObject({ code: 2 });
    expect(lines('hot')).toEqual(first);
  });

  it('is skipped by choice, but not forever', async () => {
    const { code, output, errors } = await trial.run(
      trial.start('hot', ...hot, '--steps', '200', '--training.notFinite', 'skip'),
    );
    expect(code).toBe(2);
    expect(output).toContain('step 2 was skipped');
    expect(errors).toContain('after 100 skipped steps in a row');
    expect(lines('hot').at(-1)).toMatchObject({ step: 101, skipped: 100 });
  });

  it('is one beyond the limit, too', async () => {
    const { code, errors } = await trial.run(
      trial.start('limited', ...wild, '--training.lossLimit', '1.001'),
    );
    expect(code).toBe(2);
    expect(errors).toContain('more than 1.001 times its running mean');
  });
});

describe('a run', () => {
  it('ends when it has seen so many tokens, and goes on later', async () => {
    const { output } = await begin('short', '--max-tokens', '200');
    expect(output).toContain('The tokens are seen at step 7; all is saved.');
    expect((await trial.run(['--resume', trial.path('short')])).output).toContain('Finished at step 20');
  });

  it('that is finished is lengthened: the learning rate is that of a run of so many steps', async () => {
    await begin('long', '--steps', '30');
    await begin('short');
    expect(await trial.run(['--resume', trial.path('short'), '--steps', '30'])).toMatchObject({ code: 0 });
    const rates = (run: string) =>
      lines(run)
        .slice(20)
        .map(({ learningRate }) => learningRate);
    expect(rates('short')).toEqual(rates('long'));
    expect(rates('short')).toHaveLength(10);
  });

  it('is told first that it has taken more steps than it is asked for', async () => {
    await begin('taken');
    // Two steps are fewer than the warm-up too, but a shorter warm-up would not help.
    const { code, errors } = await trial.run(['--resume', trial.path('taken'), '--steps', '2']);
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining('at least the 20 steps that the run has taken'),
    ]);
  });

  it('is not failed by a report that can not be written', async () => {
    await begin('reported', '--max-tokens', '200');
    rmSync(trial.path('reported/report.html'));
    mkdirSync(trial.path('reported/report.html/in-the-way'), { recursive: true });
    const { code, output } = await trial.run(['--resume', trial.path('reported')]);
    expect([code, output]).toEqual([0, expect.stringContaining('The report could not be written')]);
    expect(output).toContain('Finished at step 20');
  });

  it('refuses to change what it has saved', async () => {
    await begin('fixed');
    const { code, errors } = await trial.run(['--resume', trial.path('fixed'), '--training.beta1', '0.5']);
    expect(code).toBe(1);
    expect(errors).toContain('--training.beta1');
  });

  it('keeps the best checkpoint beside the newest', async () => {
    await begin('best', '--checkpoints.keep', '1', '--checkpoints.every', '40', '--validation.every', '4');
    // Steps so large that the loss can only rise.
    const rates = ['--training.peakLearningRate', '9', '--training.finalLearningRate', '9'];
    const more = ['--resume', trial.path('best'), '--steps', '28', ...rates, '--training.lossLimit', '0'];
    expect(await trial.run(more)).toMatchObject({ code: 0 });
    const validations = bytes('best', 'validation.jsonl').toString().trimEnd().split('\n');
    const losses = validations.map((line): { step: number; loss: number } => JSON.parse(line));
    const { step } = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(step).toBeLessThan(28);
    expect(existsSync(trial.path(`best/checkpoints/step-${String(step).padStart(9, '0')}`))).toBe(true);
  });

  it('draws samples while it learns', async () => {
    await begin('drawn', '--samples.every', '10', '--samples.count', '2', '--samples.tokens', '5');
    expect(readdirSync(trial.path('drawn/samples'))).toEqual(['step-000000010', 'step-000000020']);
    // The beginning of the validation split, and five characters more.
    expect(bytes('drawn', 'samples/step-000000010/1.txt').toString()).toHaveLength(8 + 5);
  });
});
