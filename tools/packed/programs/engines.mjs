// needs: @tensorflow/tfjs-backend-cpu @sparse-transformers/kernels @sparse-transformers/patterns
import assert from 'node:assert/strict';
import { describeEngines, useEngine } from '@sparse-transformers/engines';
import { sparseAttention } from '@sparse-transformers/kernels';
import { strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';

for (const { name, runs, words } of await describeEngines()) console.log(runs ? 'runs' : '-   ', name, words);

const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal([1, 2, 20, 8], 0, 1, 'float32', seed));
const slope = (name) => {
  const loss = (query) => tf.sum(tf.square(sparseAttention(query, k, v, strided({ stride: 4 }))));
  const gradient = tf.grad(loss)(q).dataSync();
  assert.equal(gradient.length, q.size, name);
  return gradient;
};

await useEngine('cpu');
assert.equal(tf.getBackend(), 'cpu');
const expected = slope('cpu');

// The default needs nothing but this package: nothing was built, and there is no compiler.
const engine = await useEngine('auto');
console.log(engine);
assert.match(engine.name, /^(native|wasm)$/);
assert.equal(tf.getBackend(), engine.backendName);
for (const [i, value] of slope('auto').entries()) assert.ok(Math.abs(value - expected[i]) < 1e-4);

await useEngine('wasm');
for (const [i, value] of slope('wasm').entries()) assert.ok(Math.abs(value - expected[i]) < 1e-4);

// An engine asked for by name is never replaced by another.
await assert.rejects(useEngine('cuda'), /cuda/);
await assert.rejects(useEngine('wasm', { threads: 99 }), /runs already/);
console.log('ok');
