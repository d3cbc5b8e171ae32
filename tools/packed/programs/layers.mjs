// needs: @sparse-transformers/patterns @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import '@tensorflow/tfjs-backend-cpu';
import { attention, disposeParameters, paperInitialiser } from '@sparse-transformers/layers';
import { strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';

const initialiser = paperInitialiser(1);
const layer = attention({ width: 16, heads: 2 }, initialiser);
const x = tf.randomNormal([1, 12, 16], 0, 1, 'float32', 1);
const pattern = strided({ stride: 4 });
assert.deepEqual(layer.apply(x, pattern).shape, [1, 12, 16]);

// What comes later changes nothing before it.
const later = tf.concat([tf.slice(x, [0, 0, 0], [1, 8, 16]), tf.zeros([1, 4, 16])], 1);
const head = (input) => tf.slice(layer.apply(input, pattern), [0, 0, 0], [1, 8, 16]).dataSync();
assert.deepEqual(head(later), head(x));
disposeParameters(layer);
console.log('ok');
