/** A tensor as rows of its last axis. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';

/** The rows of the last axis, and their width; none where it has no cell. */
export function rowsOf({ shape }: TensorInfo): { rows: number; width: number } {
  const width = shape.at(-1) ?? 1;
  return { rows: width === 0 ? 0 : util.sizeFromShape(shape) / width, width };
}
