import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectShape } from './expect-shape.ts';

type AdamWInputs = {
  numbers: TensorInfo;
  weights: readonly TensorInfo[];
  firsts: readonly TensorInfo[];
  seconds: readonly TensorInfo[];
  gradients: readonly TensorInfo[];
};

/**
 * `AdamW` of packages/kernels: all parameters in one launch, each in its own memory. Memory that something else holds too is left as it
 * is, and what moved goes to new memory.
 */
export const adamWKernels: readonly BackendKernel[] = [
  kernel<AdamWInputs, { decays: readonly boolean[] }>(
    'AdamW',
    { numbers: onlyFloat, weights: onlyFloat, firsts: onlyFloat, seconds: onlyFloat, gradients: onlyFloat },
    ({ inputs, attributes: { decays }, backend }) => {
      checkInputs(inputs, decays.length);
      const { weights, firsts, seconds, gradients } = inputs;
      const moved: TensorInfo[] = [];
      const tensors: TensorInfo[] = [inputs.numbers];
      const numbers: number[] = [];
      for (const [index, weight] of weights.entries()) {
        const old = [weight, firsts[index]!, seconds[index]!];
        const next = old.map((tensor) => inPlaceIfAlone(backend, tensor));
        moved.push(...next);
        const size = util.sizeFromShape(weight.shape);
        if (size === 0) continue;
        tensors.push(...old, gradients[index]!, ...next);
        numbers.push(size, Number(decays[index]));
      }
      backend.launch('adam_w', tensors, numbers);
      return moved;
    },
    { needs: ['adam_w'] },
  ),
];

/** Weights, moments and gradients go to one launch, which has no shapes. */
function checkInputs({ numbers, weights, ...others }: AdamWInputs, parameters: number): void {
  expectShape('AdamW', 'numbers', numbers, [7], 'what adamWNumbers gives');
  for (const [name, tensors] of Object.entries({ weights, ...others })) {
    if (tensors.length !== parameters)
      throw new RangeError(
        `AdamW: ${name} must be ${parameters} tensors, one a parameter; got ${tensors.length}.`,
      );
    for (const [index, tensor] of tensors.entries())
      expectShape('AdamW', `${name}[${index}]`, tensor, weights[index]!.shape, 'the shape of the weight');
  }
}

/** The tensor's own memory, or new memory if it is shared. The address is asked for first: data of another backend moves here by that. */
function inPlaceIfAlone(backend: DeviceBackend, tensor: TensorInfo): TensorInfo {
  backend.addressOf(tensor);
  return backend.refCount(tensor.dataId) === 1
    ? backend.share(tensor)
    : backend.make(tensor.shape, 'float32');
}
