/** The loop as a function: what it leaves behind. */
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { configNamed } from '../src/configs/named.ts';
import { evaluate, lastEvaluation } from '../src/training/evaluate.ts';
import { type Run, startRun } from '../src/training/run.ts';
import { train } from '../src/training/train.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

async function start(folder: string, { seed = 1, steps = 12 } = {}): Promise<Run> {
  const { training, validation, checkpoints, ...base } = configNamed('tiny-text');
  const model = { ...base.model, length: 16, width: 8, heads: 2, layers: 1, dropout: 0.2 };
  const config = {
    ...base,
    model,
    training: { ...training, batch: 2, steps, warmupSteps: 2 },
    validation: { ...validation, batch: 4, every: 4 },
    checkpoints: { ...checkpoints, every: 3 },
  };
  const data = [trial.path('text.txt')];
  return startRun({ name: 'tiny-text', config, data, folder: trial.path(folder), seed, engine: 'cpu' });
}

it('keeps no tensors from step to step, nor from validations and checkpoints', async () => {
  const run = await start('tensors');
  const counts: number[] = [];
  await train(run, {
    onStep: () => counts.push(memory().numTensors),
    onValidation: () => counts.push(memory().numTensors),
  });
  await run.close();
  expect(counts).toHaveLength(15);
  expect(new Set(counts).size).toBe(1);
});

it('gives another model for another seed, and the same for the same', async () => {
  const losses: (number | undefined)[] = [];
  for (const [folder, seed] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const) {
    const run = await start(folder, { seed, steps: 4 });
    losses.push((await train(run)).validation?.loss);
    await run.close();
  }
  expect(losses[1]).toBe(losses[0]);
  expect(losses[2]).not.toBe(losses[0]);
});

it('validates over every token of the split but the first', async () => {
  const run = await start('whole');
  const valid = run.data.split('valid');
  // A new model gives every token the same chance.
  const { loss, predictions } = await lastEvaluation(evaluate(run.model, valid, { batch: 4 }));
  expect(predictions).toBe(valid.tokens - 1);
  expect(loss).toBeCloseTo(Math.log(16), 5);
  expect((await lastEvaluation(evaluate(run.model, valid, { batch: 4, windows: 4 }))).predictions).toBe(64);
  const three = await lastEvaluation(evaluate(run.model, valid, { batch: 1, windows: 3 }));
  expect(three.predictions).toBe(48);
  const inOneBatch = await lastEvaluation(evaluate(run.model, valid, { batch: 4, windows: 3 }));
  expect(inOneBatch.predictions).toBe(48);
  expect(inOneBatch.loss).toBeCloseTo(three.loss, 5);
  await run.close();
});
