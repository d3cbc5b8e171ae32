/** Every kernel of TensorFlow.js's cpu backend that runs on a device, and how it is called. */
import { arithmeticKernels } from './arithmetic-kernels.ts';
import type { MakeCase } from './case.ts';
import { indexedKernels } from './indexed-kernels.ts';
import { movingKernels } from './moving-kernels.ts';

/** By their names. */
export const stockKernels: ReadonlyMap<string, MakeCase> = new Map([
  ...arithmeticKernels,
  ...movingKernels,
  ...indexedKernels,
]);
