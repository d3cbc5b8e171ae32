import type { Tensor } from '@tensorflow/tfjs-core';
import { dispose, tidy } from '@tensorflow/tfjs-core';

/** The numbers of the tensors that `make` gives, which are gone afterwards. Always by waiting: not every engine can be read at once. */
export async function readNumbers(make: () => readonly Tensor[]): Promise<Float32Array[]> {
  const tensors = tidy(() => [...make()]);
  try {
    // Some backends give out the memory that they go on to use.
    return await Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  } finally {
    dispose(tensors);
  }
}
