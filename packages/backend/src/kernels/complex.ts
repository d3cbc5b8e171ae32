/** Complex tensors are two float tensors: what only moves cells does the same to both. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';

/** The real and the imaginary part, under the shape of the whole. */
export function partsWithShape(backend: DeviceBackend, x: TensorInfo): [TensorInfo, TensorInfo] {
  const { real, imag } = backend.partsOf(x);
  return [
    { ...real, shape: x.shape },
    { ...imag, shape: x.shape },
  ];
}

/** Moves the cells of a tensor, or those of both of its parts. */
export function byParts(
  backend: DeviceBackend,
  x: TensorInfo,
  move: (part: TensorInfo) => TensorInfo,
): TensorInfo {
  if (x.dtype !== 'complex64') return move(x);
  const [real, imag] = partsWithShape(backend, x);
  return backend.makeComplex(move(real), move(imag));
}
