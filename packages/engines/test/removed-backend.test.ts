/** A program may remove a backend, to free what it holds; the engine can be used again all the same. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Engine, EngineError, type RunnableEngineName, useEngine } from '../src/index.ts';

const names: readonly RunnableEngineName[] = ['native', 'wasm', 'tensorflow', 'cpu'];

const started = new Map<string, Engine | string>();
// Before anything of ours knew it.
tf.removeBackend('cpu');
for (const name of names) started.set(name, await useEngine(name).catch(reasonOf));

function reasonOf(error: unknown): string {
  if (error instanceof EngineError && error.problem === 'missing') return error.message;
  throw error;
}

async function computes(): Promise<boolean> {
  const product = tf.tidy(() => tf.matMul(tf.fill([40, 50], 2), tf.fill([50, 60], 0.5)));
  const values = await product.data();
  product.dispose();
  return values.length === 2400 && values.every((value) => value === 50);
}

describe.each(names)('%s', (name) => {
  const engine = started.get(name)!;

  it('starts again each time that its backend was removed', async ({ skip }) => {
    skip(typeof engine === 'string', String(engine));
    for (let time = 0; time < 3; time++) {
      const again = await useEngine(name);
      expect(again).toEqual({ ...(engine as Engine), reason: 'asked for by name' });
      expect([tf.getBackend(), await computes()]).toEqual([again.backendName, true]);
      tf.removeBackend(again.backendName);
    }
  });

  it('starts while another engine is active, and beside itself', async ({ skip }) => {
    skip(typeof engine === 'string', String(engine));
    await useEngine(name);
    await useEngine(name === 'cpu' ? 'wasm' : 'cpu');
    tf.removeBackend((engine as Engine).backendName);
    const [one, two] = await Promise.all([useEngine(name), useEngine(name)]);
    expect(one).toEqual(two);
    expect([tf.getBackend(), await computes()]).toEqual([one.backendName, true]);
  });
});

describe.each(['native', 'wasm'] as const)('%s', (name) => {
  const engine = started.get(name)!;

  it('takes other options once it was removed', async ({ skip }) => {
    skip(typeof engine === 'string', String(engine));
    await useEngine(name);
    tf.removeBackend(`sparse-${name}`);
    expect(await useEngine(name, { threads: 1, fallbacks: 'throw' })).toMatchObject({ threads: 1 });
    await expect(useEngine(name, { fallbacks: 'warn' })).rejects.toThrow(
      "with fallbacks 'throw', not 'warn'",
    );
    tf.removeBackend(`sparse-${name}`);
    expect((await useEngine(name, { threads: 2 })).threads).toBe(2);
    tf.removeBackend(`sparse-${name}`);
  });

  it('lets tensors that it left be disposed of', async ({ skip }) => {
    skip(typeof engine === 'string', String(engine));
    await useEngine(name);
    const left = tf.fill([100], 1);
    tf.removeBackend(`sparse-${name}`);
    left.dispose();
    await useEngine(name);
    expect(await computes()).toBe(true);
  });
});
