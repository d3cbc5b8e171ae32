import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

const logits = () => tf.tensor2d([0, 1, 2, -1, 3, 0, 0, 0], [2, 4]);

describeOnEachDevice('multinomial', () => {
  it("draws what TensorFlow.js's cpu backend draws from the same seed", async () => {
    const name = tf.getBackend();
    const drawn = tf.multinomial(logits(), 200, 42).dataSync();
    await tf.setBackend('cpu');
    const expected = tf.tidy(() => tf.multinomial(logits(), 200, 42).dataSync());
    await tf.setBackend(name);
    expect([...drawn]).toEqual([...expected]);
  });

  it('draws as often as the probabilities say', () => {
    const drawn = tf.multinomial(tf.tensor2d([0.1, 0.6, 0.3], [1, 3]), 5000, 7, true).dataSync();
    const share = (event: number) => drawn.filter((other) => other === event).length / drawn.length;
    expect([share(0), share(1), share(2)].map((part) => Math.round(part * 10))).toEqual([1, 6, 3]);
  });

  it('never draws an event without a chance', () => {
    const drawn = tf.multinomial(
      tf.tensor2d([Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY], [1, 3]),
      500,
      3,
    );
    expect(new Set(drawn.dataSync())).toEqual(new Set([1]));
  });
});
