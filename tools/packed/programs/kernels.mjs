// needs: @sparse-transformers/patterns @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import '@tensorflow/tfjs-backend-cpu';
import { sparseAttention } from '@sparse-transformers/kernels';
import { strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';

// [B, H, n, D]; the loss weighs each output, so that no gradient is zero by symmetry.
const [q, k, v, weight] = [1, 2, 3, 4].map((seed) => tf.randomNormal([1, 2, 20, 8], 0, 1, 'float32', seed));
const loss = (query) => tf.sum(tf.mul(sparseAttention(query, k, v, strided({ stride: 4 })), weight));
const gradient = tf.grad(loss)(q).dataSync();

const direction = tf.randomNormal(q.shape, 0, 1, 'float32', 5);
const at = (step) => loss(tf.add(q, tf.mul(direction, step))).dataSync()[0];
const expected = (at(1e-2) - at(-1e-2)) / 2e-2;
const found = direction.dataSync().reduce((sum, value, i) => sum + value * gradient[i], 0);
assert.ok(Math.abs(found - expected) < 1e-2 * Math.abs(expected), `${found} is not ${expected}`);
assert.equal(tf.getBackend(), 'cpu');
console.log('ok');
