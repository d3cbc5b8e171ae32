import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { alea } from './alea.ts';
import { expectRank, expectWhole } from './expect-shape.ts';

/** How much is drawn. */
interface Drawing {
  readonly numSamples: number;
  readonly seed: number;
  /** Whether the numbers are probabilities, or else logits. */
  readonly normalized: boolean;
}

/** Draws from each row of `[rows, events]` with the same random numbers, as TensorFlow.js's cpu backend does. */
function multinomial(
  backend: DeviceBackend,
  logits: TensorInfo,
  { numSamples, seed, normalized }: Drawing,
): TensorInfo {
  expectRank('Multinomial', 'logits', logits, 2);
  expectWhole('Multinomial', 'numSamples', numSamples);
  const [rows = 0, events = 0] = logits.shape;
  if (rows > 0 && events === 0)
    throw new RangeError(`Multinomial: a row of logits must have an event; got the shape [${logits.shape}].`);
  const output = backend.make([rows, numSamples], 'int32');
  if (rows * numSamples === 0) return output;
  const next = alea(String(seed));
  const random = backend.makeFrom(Float32Array.from({ length: numSamples }, next), [numSamples], 'float32');
  const numbers = [rows, events, numSamples, Number(normalized)];
  backend.launchInWorkspace('multinomial', [logits, random, output], numbers);
  backend.release(random);
  return output;
}

/** `Multinomial`. */
export const multinomialKernels: readonly BackendKernel[] = [
  kernel<{ logits: TensorInfo }, Drawing>(
    'Multinomial',
    { logits: asFloat },
    ({ inputs: { logits }, attributes, backend }) => multinomial(backend, logits, attributes),
  ),
];
