/** A call of a kernel, as its op lets it through, and what the makers of such calls have in common. */
import type { DataType } from '@tensorflow/tfjs-core';
import type { Given, Random } from './random.ts';

/** A call of a kernel. */
export interface Case {
  readonly inputs: Readonly<Record<string, Given | Given[] | undefined>> | readonly Given[];
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Makes a case. */
export type MakeCase = (random: Random) => Case;

/** Dtypes of numbers. */
export const numbers: readonly DataType[] = ['float32', 'int32', 'bool'];

/** Dtypes of cells that are only moved. */
export const cells: readonly DataType[] = [...numbers, 'complex64'];

/** One maker for each of the kernels that are named. */
export const named = (names: string, make: MakeCase): [string, MakeCase][] =>
  names.split(' ').map((name) => [name, make]);

/** Two shapes that broadcast. */
export function broadcastShapes(r: Random): [number[], number[]] {
  const shape = r.shape();
  const side = () => shape.slice(r.whole(0, shape.length)).map((count) => (r.chance(0.3) ? 1 : count));
  return r.chance(0.5) ? [shape, side()] : [side(), shape];
}

/** An axis of a shape, from either end. */
export const axisOf = (r: Random, shape: readonly number[]) => r.whole(-shape.length, shape.length - 1);

/** Some axes of a shape, at least one if it has any. */
export const someAxes = (r: Random, shape: readonly number[]) => {
  const axes = shape.map((_, axis) => axis).filter(() => r.chance(0.5));
  return axes.length > 0 || shape.length === 0 ? axes : [shape.length - 1];
};
