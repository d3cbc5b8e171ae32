import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { alea } from './alea.ts';
import { withCasts } from './cast.ts';
import { refuseComplex } from './complex.ts';
import { withScratch } from './row-pieces.ts';

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
  const [rows = 0, events = 0] = logits.shape;
  const output = backend.make([rows, numSamples], 'int32');
  if (rows * numSamples === 0) return output;
  const next = alea(String(seed));
  const random = backend.makeFrom(Float32Array.from({ length: numSamples }, next), [numSamples], 'float32');
  withScratch(backend, util.sizeFromShape(logits.shape), 'the sums of Multinomial', (sums) =>
    backend.launch(
      'multinomial',
      [logits, random, sums, output],
      [rows, events, numSamples, Number(normalized)],
    ),
  );
  backend.release(random);
  return output;
}

/** `Multinomial`. */
export const multinomialKernels: readonly BackendKernel[] = [
  kernel<{ logits: TensorInfo }, Drawing>('Multinomial', ({ inputs, attributes, backend }) => {
    refuseComplex('Multinomial', inputs.logits);
    return withCasts(backend, [inputs.logits], 'float32', (logits = inputs.logits) =>
      multinomial(backend, logits, attributes),
    );
  }),
];
