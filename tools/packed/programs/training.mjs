// needs: @tensorflow/tfjs-backend-cpu
import assert from 'node:assert/strict';
import '@tensorflow/tfjs-backend-cpu';
import { adamW, clipByGlobalNorm, valueAndGradients, warmupCosine } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';

const weight = tf.variable(tf.tensor2d([[4], [-2]]));
const variables = new Map([['weight', weight]]);
const [inputs, targets] = [
  tf.tensor2d([
    [1, 0],
    [0, 1],
    [1, 1],
  ]),
  tf.tensor2d([[1], [2], [3]]),
];
const optimizer = adamW({ weightDecay: 0 });
const learningRate = warmupCosine({ peak: 0.1, warmupSteps: 10, totalSteps: 200 });
const loss = () => tf.mean(tf.square(tf.sub(tf.matMul(inputs, weight), targets)));

for (let step = 0; step < 200; step++)
  tf.tidy(() => {
    const { gradients } = clipByGlobalNorm(valueAndGradients(variables, loss).gradients, 1);
    optimizer.step(variables, gradients, { learningRate: learningRate(step) });
  });
const [first, second] = weight.dataSync();
assert.ok(Math.abs(first - 1) < 0.1 && Math.abs(second - 2) < 0.1, `${first}, ${second}`);
console.log('ok');
