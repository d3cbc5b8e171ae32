/** The engine's life in a process: it is started once. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { useEngine } from '../src/index.ts';
import { refusal } from './refusal.ts';

let first: unknown;

beforeAll(async () => {
  const [one, two] = await Promise.all([
    useEngine('wasm', { threads: 1 }),
    useEngine('wasm', { threads: 1 }),
  ]);
  first = tf.backend();
  expect(one).toEqual(two);
});

it('has as many threads as were asked for', async () => {
  expect((await useEngine('wasm')).threads).toBe(1);
});

it('asked for twice, it is the same backend', async () => {
  await useEngine('cpu');
  await useEngine('wasm');
  expect(tf.backend()).toBe(first);
});

it('asked for again with as many threads, it is the same backend', async () => {
  await useEngine('wasm', { threads: 1 });
  expect(tf.backend()).toBe(first);
});

it('asked for again with more threads, it is refused', async () => {
  expect(await refusal('wasm', { threads: 3 })).toMatchObject({
    problem: 'running',
    message:
      "Engine 'wasm' runs already in this process, with 1 thread, not 3. Options hold from the first use on: give them there",
  });
});

it('asked for again with another way of falling back, it is refused', async () => {
  expect((await refusal('wasm', { fallbacks: 'throw' })).message).toContain(
    "with fallbacks 'warn', not 'throw'",
  );
});

it.each([0, 1.5, -1, Number.NaN])('%d threads are refused', async (threads) => {
  await expect(useEngine('wasm', { threads })).rejects.toThrow(
    `useEngine: threads must be a whole number from 1; got ${threads}.`,
  );
});

it('keeps tensors of a known content apart from those of cpu', async () => {
  await useEngine('wasm');
  const made = tf.tensor1d([1, 2, 3]);
  await useEngine('cpu');
  const sum = tf.tidy(() => tf.sum(made).dataSync());
  made.dispose();
  expect([...sum]).toEqual([6]);
});
