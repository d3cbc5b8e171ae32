/** How layers hold their weights: by name, so that weights can be saved, loaded, counted and trained without knowing the layer. */
import type { Rank, ShapeMap, Variable } from '@tensorflow/tfjs-core';
import { tensor, tidy, variable } from '@tensorflow/tfjs-core';
import { type InitialValues, initialValues } from './initial-values.ts';

/** Weights by name, in the order in which they were made. */
export type Parameters = ReadonlyMap<string, Variable>;

/** Something with weights. */
export interface Layer {
  /** The weights, named within the layer: `weight`, `query.weight`. */
  readonly parameters: Parameters;
}

/** TensorFlow.js counts the numbers of a tensor in 32 bits. */
const mostNumbers = 2 ** 31 - 1;

/**
 * Makes a trainable weight of this shape.
 *
 * @throws RangeError unless all lengths are whole numbers from 1 up, with 2³¹ − 1 numbers at most in all
 */
export function parameter<R extends Rank>(shape: ShapeMap[R], values: InitialValues): Variable<R> {
  const size = [...shape].reduce((product, length) => product * length, 1);
  if (![...shape].every((length) => Number.isInteger(length) && length >= 1) || size > mostNumbers) {
    throw new RangeError(
      `parameter: the shape of a weight must be whole numbers from 1 up, ${mostNumbers} numbers at most, but it is [${shape}].`,
    );
  }
  return tidy(() => variable<R>(tensor<R>(initialValues(size, values), shape)));
}

/** All weights of some layers, each under its layer's name: `attention.query.weight`. */
export function collectParameters(layers: Readonly<Record<string, Layer>>): Parameters {
  const named = Object.entries(layers).flatMap(([layerName, { parameters }]) =>
    [...parameters].map(([name, weight]) => [`${layerName}.${name}`, weight] as const),
  );
  return new Map(named);
}

/** Frees the weights of a layer; it can't be used afterwards. */
export function disposeParameters({ parameters }: Layer): void {
  for (const weight of parameters.values()) weight.dispose();
}
