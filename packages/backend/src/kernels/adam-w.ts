import { type NamedTensorInfoMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectShape } from './expect-shape.ts';

/**
 * `AdamW` of packages/kernels: all parameters in one launch, each in its own memory. Memory that something else holds too is left as it
 * is, and what moved goes to new memory.
 */
export const adamWKernels: readonly BackendKernel[] = [
  kernel<NamedTensorInfoMap, { decays: readonly boolean[] }>(
    'AdamW',
    { each: onlyFloat },
    ({ inputs, attributes: { decays }, backend }) => {
      checkInputs(inputs, decays.length);
      const moved: TensorInfo[] = [];
      const tensors: TensorInfo[] = [inputs['numbers']!];
      const numbers: number[] = [];
      decays.forEach((isDecaying, i) => {
        const old = [inputs[`weight${i}`]!, inputs[`first${i}`]!, inputs[`second${i}`]!];
        const next = old.map((tensor) => inPlaceIfAlone(backend, tensor));
        moved.push(...next);
        const size = util.sizeFromShape(old[0]!.shape);
        if (size === 0) return;
        tensors.push(...old, inputs[`gradient${i}`]!, ...next);
        numbers.push(size, Number(isDecaying));
      });
      backend.launch('adam_w', [...tensors, null], numbers);
      return moved;
    },
  ),
];

/** Weights, moments and gradients go to one launch, which has no shapes. */
function checkInputs(inputs: NamedTensorInfoMap, parameters: number): void {
  const expect = (name: string, shape: readonly number[], meaning: string) => {
    const tensor = inputs[name];
    if (!tensor) throw new TypeError(`AdamW: the input ${name} is missing.`);
    expectShape('AdamW', name, tensor, shape, meaning);
  };
  expect('numbers', [7], 'what adamWNumbers gives');
  for (let i = 0; i < parameters; i++)
    for (const name of ['weight', 'first', 'second', 'gradient'])
      expect(`${name}${i}`, inputs[`weight${i}`]?.shape ?? [], 'the shape of the weight');
}

/** The tensor's own memory, or new memory if it is shared. The address is asked for first: data of another backend moves here by that. */
function inPlaceIfAlone(backend: DeviceBackend, tensor: TensorInfo): TensorInfo {
  backend.addressOf(tensor);
  return backend.refCount(tensor.dataId) === 1
    ? backend.share(tensor)
    : backend.make(tensor.shape, 'float32');
}
