// needs: @sparse-transformers/device-wasm
import assert from 'node:assert/strict';
import { FallbackError, registerDeviceBackend } from '@sparse-transformers/backend';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import * as tf from '@tensorflow/tfjs-core';

const backend = registerDeviceBackend('mine', await createWasmDevice({ threads: 1 }), { fallbacks: 'throw' });
await tf.setBackend('mine');
const sum = tf.tidy(() => tf.sum(tf.square(tf.tensor1d([1, 2, 3]))).dataSync());
assert.equal(sum[0], 14);
assert.equal(backend.allocatorMemory().used, 0);
assert.ok(backend.launches() > 0);
// Convolutions have no kernel on a device, and this backend may not compute them elsewhere.
assert.throws(() => tf.conv2d(tf.zeros([1, 4, 4, 1]), tf.zeros([2, 2, 1, 1]), 1, 'same'), FallbackError);
console.log('ok');
