import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asFloat, optional } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

type Normalized = {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly scale?: TensorInfo;
  readonly offset?: TensorInfo;
};

/** Side inputs are of x's shape or of that of its last axis, and all of one rank. */
function batchNorm(
  backend: DeviceBackend,
  { x, mean, variance, scale, offset }: Normalized,
  epsilon: number,
): TensorInfo {
  const sides = [mean, variance, scale ?? null, offset ?? null];
  const size = util.sizeFromShape(x.shape);
  for (const side of sides)
    if (side && (side.shape.length !== mean.shape.length || (size > 0 && side.shape.includes(0))))
      throw new RangeError(
        `FusedBatchNorm: mean, variance, scale and offset must have equal ranks and numbers; got shapes [${mean.shape}] and [${side.shape}].`,
      );
  const output = backend.make(x.shape, 'float32');
  const periods = sides.map((side) => (side ? util.sizeFromShape(side.shape) : 1));
  if (size > 0) backend.launch('batch_norm', [x, ...sides, output], [size, ...periods, epsilon]);
  return output;
}

/** `FusedBatchNorm`. */
export const batchNormKernels: readonly BackendKernel[] = [
  kernel<Normalized, { varianceEpsilon?: number }>(
    'FusedBatchNorm',
    {
      x: asFloat,
      mean: asFloat,
      variance: asFloat,
      scale: optional(asFloat),
      offset: optional(asFloat),
    },
    ({ inputs, attributes: { varianceEpsilon = 0.001 }, backend }) =>
      batchNorm(backend, inputs, varianceEpsilon),
    { gives: 'x' },
  ),
];
