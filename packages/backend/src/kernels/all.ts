/** Every kernel of the backend, family by family. */
import type { BackendKernel } from '../kernel.ts';
import { fillKernels } from './fill.ts';

export const allKernels: readonly BackendKernel[] = [...fillKernels];
