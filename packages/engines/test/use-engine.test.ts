import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { EngineError, useEngine } from '../src/index.ts';

describe('useEngine by name', () => {
  for (const name of ['cpu', 'wasm'] as const) {
    it(`makes ${name} the active backend`, async () => {
      const engine = await useEngine(name);
      expect([engine.name, engine.backendName, tf.getBackend()]).toEqual([name, name, name]);
    });
    it(`multiplies matrices on ${name}`, async () => {
      await useEngine(name);
      const product = tf.tidy(() =>
        tf
          .matMul(
            [
              [1, 2],
              [3, 4],
            ],
            [
              [5, 6],
              [7, 8],
            ],
          )
          .dataSync(),
      );
      expect([...product]).toEqual([19, 22, 43, 50]);
    });
  }
  it('refuses an unknown name', async () => {
    await expect(useEngine('gpu' as 'cpu')).rejects.toThrow(EngineError);
  });
});
