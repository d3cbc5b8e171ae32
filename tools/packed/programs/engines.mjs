// needs: @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import { describeEngines, useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';

for (const { name, runs, words } of await describeEngines()) console.log(runs ? 'runs' : '-   ', name, words);

const engine = await useEngine('cpu');
assert.equal(engine.name, 'cpu');
assert.equal(tf.getBackend(), 'cpu');
assert.equal(tf.sum(tf.tensor1d([1, 2, 3])).dataSync()[0], 6);
// An engine asked for by name is never replaced by another.
await assert.rejects(useEngine('cuda'), /cuda/);
console.log('ok');
