// needs: @sparse-transformers/backend
import assert from 'node:assert/strict';
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import * as tf from '@tensorflow/tfjs-core';

const device = await createWasmDevice({ threads: 2 });
console.log(device.description);
assert.equal(device.threads, 2);
registerDeviceBackend('mine', device);
await tf.setBackend('mine');
const product = tf.matMul(tf.fill([100, 100], 2), tf.fill([100, 100], 3));
assert.ok(product.dataSync().every((value) => value === 600));
console.log('ok');
