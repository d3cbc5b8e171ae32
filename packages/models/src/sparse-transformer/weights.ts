/** A model's weights as a safetensors file, and back. Names and layout: docs/checkpoints.md. */
import type { Layer } from '@sparse-transformers/layers';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import {
  decodeSafetensors,
  encodeSafetensors,
  expectTensors,
  type Float32TensorData,
  SafetensorsError,
} from '../safetensors/index.ts';

/** The weights as the bytes of a safetensors file, float32 under their own names. */
export async function saveWeights({ parameters }: Layer): Promise<Uint8Array> {
  const tensors = new Map<string, Float32TensorData>();
  for (const [name, weight] of parameters) {
    tensors.set(name, {
      dtype: 'F32',
      shape: [...weight.shape],
      values: (await weight.data()) as Float32Array,
    });
  }
  return encodeSafetensors(tensors);
}

/**
 * Sets the weights from the bytes of a safetensors file. Nothing is set unless the file has exactly the model's tensors, of finite numbers.
 *
 * @throws SafetensorsError that names the tensor
 */
export function loadWeights({ parameters }: Layer, file: Uint8Array): void {
  const expected = new Map([...parameters].map(([name, { shape }]) => [name, shape]));
  const tensors = expectTensors(decodeSafetensors(file).tensors, expected);
  for (const [name, { values }] of tensors) {
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place >= 0)
      throw new SafetensorsError(`expected finite numbers; got ${values[place]} at place ${place}`, name);
  }
  for (const [name, { values, shape }] of tensors) {
    tidy(() => parameters.get(name)?.assign(tensor(values, [...shape], 'float32')));
  }
}
