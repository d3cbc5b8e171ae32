/** Layers with random weights, and the same weights as numbers for the plain loops. */
import { errorWithin, randomFrom } from '@sparse-transformers/testing';
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Layer } from '../src/index.ts';
import type { Round } from './plain-loops.ts';

/** Gives every weight another normal number, gains too, so that none of them is silent. */
export function randomised<L extends Layer>(layer: L, seed = 1): L {
  const random = randomFrom(seed);
  for (const weight of layer.parameters.values()) {
    const values = Float32Array.from(random.normals(weight.size, 0.5));
    tidy(() => weight.assign(tensor(values, weight.shape)));
  }
  return layer;
}

/** The weight of a name, as numbers. */
export const weightsOf =
  ({ parameters }: Layer) =>
  (name: string) =>
    Float64Array.from(parameters.get(name)!.dataSync());

/** Names and shapes of the weights, in order. */
export const shapesOf = ({ parameters }: Layer) => [...parameters].map(([name, { shape }]) => [name, shape]);

/** Holds a tensor to plain loops: at most twice the error that the same loops have in float32. */
export function expectLoops(actual: Tensor, loops: (round?: Round) => ArrayLike<number>): void {
  errorWithin('the layer', { actual: actual.dataSync(), exact: loops(), plain: loops(Math.fround) });
}
