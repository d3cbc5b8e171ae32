/** Launches elementwise kernels of two operands, of which either may be repeated. */
import { backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';

/** Runs such a kernel on operands that it can read. */
export function launchBroadcast(
  backend: DeviceBackend,
  name: string,
  a: TensorInfo,
  b: TensorInfo,
  dtype: DataType,
): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  requireAxes(shape);
  const output = backend.make(shape, dtype);
  const size = util.sizeFromShape(shape);
  if (size > 0) backend.launch(name, [a, b, output], broadcastAxes(shape, size, a.shape, b.shape));
  return output;
}

/** Axes that a device's kernels can walk; those of 1 don't count. */
const mostAxes = 16;

/** @throws RangeError for more axes than a device's kernels can walk */
export function requireAxes(counts: readonly number[]): void {
  if (counts.length <= mostAxes || counts.filter((count) => count !== 1).length <= mostAxes) return;
  throw new RangeError(`At most ${mostAxes} axes can have more than one cell; got the shape [${counts}].`);
}

/** How both operands are walked: the number of axes, and for each its count, the first operand's stride, and the second's. */
function broadcastAxes(shape: number[], size: number, a: readonly number[], b: readonly number[]): number[] {
  const [sizeA, sizeB] = [util.sizeFromShape([...a]), util.sizeFromShape([...b])];
  if ((sizeA === size || sizeA === 1) && (sizeB === size || sizeB === 1))
    return [1, size, sizeA === 1 ? 0 : 1, sizeB === 1 ? 0 : 1];
  const numbers = new Array<number>(1 + 3 * shape.length);
  numbers[0] = shape.length;
  let [strideA, strideB] = [1, 1];
  for (let back = 1; back <= shape.length; back++) {
    const [countA, countB] = [a[a.length - back] ?? 1, b[b.length - back] ?? 1];
    const place = 1 + 3 * (shape.length - back);
    numbers[place] = shape[shape.length - back] ?? 1;
    numbers[place + 1] = countA === 1 ? 0 : strideA;
    numbers[place + 2] = countB === 1 ? 0 : strideB;
    strideA *= countA;
    strideB *= countB;
  }
  return numbers;
}
