/** Which slices differ. The host does it, since the result's shape depends on the values: it waits for the device. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { gather } from './gather.ts';

/** For each slice along an axis the number of the first equal one, and where those first ones are. */
function firsts(values: ArrayLike<number>, shape: readonly number[], axis: number) {
  const count = shape[axis] ?? 0;
  const inner = util.sizeFromShape(shape.slice(axis + 1));
  const outer = util.sizeFromShape(shape.slice(0, axis));
  const known = new Map<string, number>();
  const places: number[] = [];
  const numbers = new Int32Array(count);
  for (let slice = 0; slice < count; slice++) {
    const cells: (number | undefined)[] = [];
    for (let row = 0; row < outer; row++)
      for (let cell = 0; cell < inner; cell++) cells.push(values[(row * count + slice) * inner + cell]);
    const key = cells.join();
    const number = known.get(key) ?? known.size;
    if (number === known.size) places.push(slice);
    known.set(key, number);
    numbers[slice] = number;
  }
  return { places, numbers };
}

function unique(backend: DeviceBackend, x: TensorInfo, axis: number): TensorInfo[] {
  const place = util.parseAxisParam(axis, x.shape)[0] ?? 0;
  const { places, numbers } = firsts(backend.valuesOf(x) as Float32Array, x.shape, place);
  const indices = backend.makeFrom(Int32Array.from(places), [places.length], 'int32');
  const slices = gather(backend, x, indices, place, 0);
  backend.release(indices);
  return [slices, backend.makeFrom(numbers, [numbers.length], 'int32')];
}

/** `Unique`. */
export const uniqueKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { axis: number }>('Unique', { x: asIs }, ({ inputs, attributes, backend }) =>
    unique(backend, inputs.x, attributes.axis),
  ),
];
