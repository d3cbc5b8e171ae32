// needs: @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import '@tensorflow/tfjs-backend-cpu';
import { checkGradients, expectNoLeaks } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';

const input = tf.tensor1d([0.3, -0.2, 1.1]);
await checkGradients((x) => tf.mul(x, tf.sigmoid(x)), [input]);

// A gradient that is wrong by a half is found.
const wrong = tf.customGrad((x, save) => {
  save([x]);
  return { value: tf.square(x), gradFunc: (dy, [saved]) => tf.mul(dy, tf.mul(saved, 3)) };
});
await assert.rejects(checkGradients((x) => wrong(x), [input]));
await expectNoLeaks(() => tf.square(input).dispose());
console.log('ok');
