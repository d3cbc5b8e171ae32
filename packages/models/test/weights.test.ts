import '@tensorflow/tfjs-backend-cpu';
import { disposeParameters } from '@sparse-transformers/layers';
import { local } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  loadWeights,
  type SparseTransformerConfig,
  saveWeights,
  sparseTransformer,
  type TensorData,
} from '../src/index.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const config = smallConfig([local({ window: 5 })], { length: 20 });
const newModel = (changes: Partial<SparseTransformerConfig> = {}) =>
  sparseTransformer({ ...config, ...changes }, { seed: 9 });
const tokens = () => tf.tensor2d([randomTokens(20, 11)], [1, 20], 'int32');

/** A saved model after a change to its tensors. */
async function changed(change: (tensors: Map<string, TensorData>) => void): Promise<Uint8Array> {
  const { tensors } = decodeSafetensors(await saveWeights(randomModel(config)));
  change(tensors);
  return encodeSafetensors(tensors);
}

describe('saved weights', () => {
  it('give the same logits, bit for bit, in another model of the same config', async () => {
    const [model, other] = [randomModel(config), newModel()];
    loadWeights(other, await saveWeights(model));
    expect(other.apply(tokens()).dataSync()).toEqual(model.apply(tokens()).dataSync());
  });

  it('are the same bytes when saved again', async () => {
    const file = await saveWeights(randomModel(config));
    const other = newModel();
    loadWeights(other, file);
    expect(await saveWeights(other)).toEqual(file);
  });

  it('are float32 under the names of the parameters', async () => {
    const model = randomModel(config);
    const { tensors } = decodeSafetensors(await saveWeights(model));
    expect([...tensors.keys()]).toEqual([...model.parameters.keys()].sort());
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F32']));
  });

  it('leave no tensor behind when saved and loaded', async () => {
    const before = tf.memory().numTensors;
    const [model, other] = [randomModel(config), newModel()];
    loadWeights(other, await saveWeights(model));
    disposeParameters(model);
    disposeParameters(other);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('loading weights', () => {
  it.each<[string, Partial<SparseTransformerConfig>, RegExp]>([
    ['another vocabulary', { vocabulary: 12 }, /"(output|token)\.weight"/],
    ['another width of the feed-forward part', { feedForwardWidth: 21 }, /"blocks\.0\.feedForward\./],
    ['more layers', { layers: 3 }, /"blocks\.2\./],
    ['fewer layers', { layers: 1 }, /"blocks\.1\./],
  ])('refuses those of a model of %s, by the name of a tensor', async (_, changes, message) => {
    const file = await saveWeights(randomModel(config));
    expect(() => loadWeights(newModel(changes), file)).toThrow(message);
  });

  it.each<[string, (tensors: Map<string, TensorData>) => void, RegExp]>([
    ['a missing tensor', (tensors) => tensors.delete('finalNorm.gain'), /"finalNorm\.gain"/],
    [
      'one more tensor, though its name be __proto__',
      (tensors) => tensors.set('__proto__', { dtype: 'F32', shape: [1], values: new Float32Array(1) }),
      /"__proto__"/,
    ],
    [
      'whole numbers for floats',
      (tensors) => tensors.set('finalNorm.bias', { dtype: 'I32', shape: [12], values: new Int32Array(12) }),
      /"finalNorm\.bias"/,
    ],
    ...[Number.NaN, Number.NEGATIVE_INFINITY].map(
      (value): [string, (tensors: Map<string, TensorData>) => void, RegExp] => [
        `a number that is ${value}`,
        (tensors) => tensors.get('finalNorm.bias')!.values.set([value], 7),
        new RegExp(`"finalNorm\\.bias": expected finite numbers; got ${value} at place 7`),
      ],
    ),
    [
      'a transposed matrix',
      (tensors) => tensors.set('output.weight', { ...tensors.get('output.weight')!, shape: [11, 12] }),
      /"output\.weight"/,
    ],
  ])('refuses %s, and sets nothing', async (_, change, message) => {
    const file = await changed(change);
    const model = newModel();
    const before = await saveWeights(model);
    expect(() => loadWeights(model, file)).toThrow(message);
    expect(await saveWeights(model)).toEqual(before);
  });
});
