/** Brings tensors to the host. Always by waiting: a GPU in a browser can't be read at once, and would give zeros. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { dispose, tidy } from '@tensorflow/tfjs-core';

/** The numbers of tensors, which are then disposed of. */
export async function hostNumbers(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  } finally {
    dispose([...tensors]);
  }
}

/** The numbers of a tensor that is made and not needed. */
export async function onHost(make: () => Tensor): Promise<Float32Array> {
  const [numbers] = await hostNumbers([tidy(make)]);
  return numbers!;
}
