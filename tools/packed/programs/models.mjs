// needs: @sparse-transformers/patterns @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import '@tensorflow/tfjs-backend-cpu';
import { createDecoder, loadWeights, saveWeights, sparseTransformer } from '@sparse-transformers/models';
import { fixed } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';

const sizes = {
  vocabulary: 256,
  length: 32,
  layers: 2,
  width: 16,
  heads: 2,
  feedForwardWidth: 64,
  queryKeyWidth: 16,
  positions: { kind: 'attention', stride: 8 },
  start: 'none',
};
const patterns = [fixed({ block: 8, summary: 2 })];
const config = { ...sizes, patterns, dropout: 0, weightScale: 'deviation' };
const model = sparseTransformer(config, { seed: 1 });
// The output matrix starts at 0, which would make any two models alike.
model.parameters.get('output.weight').assign(tf.randomNormal([16, 256], 0, 1, 'float32', 1));
const tokens = tf.tensor2d([[84, 111, 32, 98, 101]], [1, 5], 'int32');
assert.deepEqual(model.apply(tokens).shape, [1, 5, 256]);

const copy = sparseTransformer(config, { seed: 2 });
loadWeights(copy, await saveWeights(model));
assert.deepEqual(copy.apply(tokens).dataSync(), model.apply(tokens).dataSync());

const decoder = createDecoder(model);
const [{ sequence, logits }] = await decoder.open([[84, 111, 32, 98]]);
assert.equal(logits.length, 256);
const last = tf.slice(model.apply(tokens), [0, 4, 0], [1, 1, 256]).dataSync();
const cached = (await decoder.step([sequence], [101]))[0];
assert.ok(cached.every((logit, i) => Math.abs(logit - last[i]) < 1e-4));
console.log('ok');
