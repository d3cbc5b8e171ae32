/** What the loop does besides plain steps: parts of a batch, averages, skipped steps, limits, changed settings, other optimisers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { resumeRun, train } from '../src/index.ts';
import { type Result, repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

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

/** A run of twelve steps that ends well; to be read only. */
async function ended(...more: string[]): Promise<string> {
  const { run, result } = await trial.shared(['--steps', '12', ...more]);
  expect(result).toMatchObject({ code: 0, errors: '' });
  return run;
}

function resume(run: string, ...more: string[]): Promise<Result> {
  return trial.run(['--resume', trial.path(run), ...more]);
}

/** One run straight through, whose name it gives, and one that is stopped after step 8 and gone on with. */
async function expectResumes(...more: string[]): Promise<string> {
  const straight = await ended(...more);
  const { run: resumed, result } = await trial.shared(['--steps', '12', ...more], { stopAt: 8 });
  expect(result).toMatchObject({ code: 0 });
  expect(await resume(resumed)).toMatchObject({ code: 0, errors: '' });
  expect(lines(resumed)).toEqual(lines(straight));
  const last = 'checkpoints/step-000000012';
  for (const file of readdirSync(trial.path(`${straight}/${last}`)).filter((name) =>
    name.endsWith('.safetensors'),
  ))
    expect([file, bytes(resumed, `${last}/${file}`)]).toEqual([file, bytes(straight, `${last}/${file}`)]);
  expect(bytes(resumed, 'validation.jsonl')).toEqual(bytes(straight, 'validation.jsonl'));
  return straight;
}

const averaged = ['--training.averageDecay', '0.9'];
const inParts = ['--training.accumulate', '2'];
const dropout = ['--model.dropout', '0.2'];
const recomputed = ['--training.recompute', 'true', ...dropout];
/** So large a learning rate that the loss goes up and down. */
const wild = ['--training.peakLearningRate', '0.3', '--training.warmupSteps', '0'];

describe('resuming gives the same bits', () => {
  it('with Adafactor', () => expectResumes('--training.optimizer', 'adafactor'));
  it('with averaged weights', () => expectResumes(...averaged));
  it('with batches in parts, and dropout', () => expectResumes(...inParts, ...dropout));
  it('with blocks computed again', () => expectResumes(...recomputed));
  it('with a learned start before text', () => expectResumes('--model.start', 'learned'));
  it('with skipped steps', async () => {
    const skipping = ['--training.lossLimit', '1.001', '--training.notFinite', 'skip'];
    const { skipped } = lines(await expectResumes(...wild, ...skipping)).at(-1)!;
    expect(skipped).toBeGreaterThan(0);
    expect(skipped).toBeLessThan(12);
  });
});

describe('a batch', () => {
  it('in parts gives the loss of the whole', async () => {
    const losses = (run: string) => lines(run).map(({ loss }) => loss ?? Number.NaN);
    const whole = losses(await ended());
    losses(await ended(...inParts)).forEach((loss, step) => {
      expect(loss).toBeCloseTo(whole[step]!, 4);
    });
  });

  it('that blocks are computed again for gives the same bits', async () => {
    expect(lines(await ended(...recomputed))).toEqual(lines(await ended(...dropout)));
  });

  it('that comes at every step is learned by heart', async () => {
    const run = await ended('--overfit-batch', '--steps', '40', '--training.peakLearningRate', '5e-2');
    expect(lines(run).at(-1)!.loss).toBeLessThan(0.1);
  });
});

describe('averaged weights', () => {
  it('are what is validated, exported and evaluated', async () => {
    const [plain, average] = [await ended(), await ended(...averaged)];
    expect(lines(average)).toEqual(lines(plain));
    expect(bytes(average, 'validation.jsonl')).not.toEqual(bytes(plain, 'validation.jsonl'));
  });
});

describe('a loss that explodes', () => {
  const hot = ['--training.peakLearningRate', '1e30', '--training.warmupSteps', '0', '--steps', '12'];

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
    expect(await resume('hot', ...calmer)).toMatchObject({ code: 0, errors: '' });
    expect(lines('hot')).toHaveLength(12);
    expect(JSON.parse(bytes('hot', 'config.json').toString()).changes).toMatchObject([
      { step: 0, field: 'training.peakLearningRate', from: 1e30, to: 1e-3 },
      { step: 0, field: 'training.finalLearningRate', to: 0 },
    ]);
  });

  it('repeats itself when the run is gone on with as it was', async () => {
    await trial.run(trial.start('again', ...hot));
    const first = lines('again');
    expect(await resume('again')).toMatchObject({ code: 2 });
    expect(lines('again')).toEqual(first);
  });

  it('is skipped by choice, but not forever', async () => {
    const skip = trial.start('skipped', ...hot, '--training.notFinite', 'skip');
    expect((await trial.run(skip, { stopAt: 5 })).output).toContain('step 2 was skipped');
    const run = await resumeRun({ folder: trial.path('skipped') });
    expect(run.state).toMatchObject({ skipped: 4, skippedInARow: 4 });
    // As if the four had been 98.
    const onward = train({ ...run, state: { ...run.state, skippedInARow: 98 } });
    await expect(onward).rejects.toThrow('after 100 skipped steps in a row');
    await run.close();
    expect(lines('skipped').at(-1)).toMatchObject({ step: 7, skipped: 6 });
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
  const limited = ['--steps', '12', '--max-tokens', '200'];

  it('ends when it has seen so many tokens, and goes on later', async () => {
    const { run, result } = await trial.shared(limited);
    expect(result).toMatchObject({ code: 0, errors: '' });
    expect(result.output).toContain('--max-tokens ended the run at step 7 of 12, validated; all is saved.');
    const again = await resume(trial.copy(run, 'again-limited'), '--max-tokens', '200');
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('No step was taken')]);
    expect(lines('again-limited')).toHaveLength(7);
    expect((await resume(trial.copy(run, 'later'))).output).toContain('Finished at step 12');
  });

  it('that is finished is lengthened: the learning rate is that of a run of so many steps', async () => {
    const long = await ended('--steps', '18');
    const short = trial.copy(await ended(), 'lengthened');
    expect(await resume(short, '--steps', '18')).toMatchObject({ code: 0 });
    const rates = (run: string) =>
      lines(run)
        .slice(12)
        .map(({ learningRate }) => learningRate);
    expect(rates(short)).toEqual(rates(long));
    expect(rates(short)).toHaveLength(6);
  });

  it('is told first that it has taken more steps than it is asked for', async () => {
    // Two steps are fewer than the warm-up too, but a shorter warm-up would not help.
    const { code, errors } = await resume(await ended(), '--steps', '2');
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining('at least the 12 steps that the run has taken'),
    ]);
  });

  it('is not failed by a report that can not be written', async () => {
    const run = trial.copy((await trial.shared(limited)).run, 'reported');
    rmSync(trial.path('reported/report.html'));
    mkdirSync(trial.path('reported/report.html/in-the-way'), { recursive: true });
    const { code, output } = await resume(run);
    expect([code, output]).toEqual([0, expect.stringContaining('The report could not be written')]);
    expect(output).toContain('Finished at step 12');
  });

  it('refuses to change what it has saved', async () => {
    const { code, errors } = await resume(await ended(), '--training.beta1', '0.5');
    expect(code).toBe(1);
    expect(errors).toContain('--training.beta1');
  });

  it('keeps the best checkpoint beside the newest', async () => {
    const every = ['--checkpoints.keep', '1', '--checkpoints.every', '40', '--validation.every', '4'];
    const run = await ended(...every);
    // Steps so large that the loss can only rise.
    const rates = ['--training.peakLearningRate', '9', '--training.finalLearningRate', '9'];
    expect(await resume(run, '--steps', '20', ...rates, '--training.lossLimit', '0')).toMatchObject({
      code: 0,
    });
    const validations = bytes(run, 'validation.jsonl').toString().trimEnd().split('\n');
    const losses = validations.map((line): { step: number; loss: number } => JSON.parse(line));
    const { step } = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(step).toBeLessThan(20);
    expect(existsSync(trial.path(`${run}/checkpoints/step-${String(step).padStart(9, '0')}`))).toBe(true);
  });

  it('draws samples while it learns', async () => {
    const run = await ended('--samples.every', '6', '--samples.count', '2', '--samples.tokens', '5');
    expect(readdirSync(trial.path(`${run}/samples`))).toEqual(['step-000000006', 'step-000000012']);
    // The beginning of the validation split, and five characters more.
    expect(bytes(run, 'samples/step-000000006/1.txt').toString()).toHaveLength(8 + 5);
  });
});
