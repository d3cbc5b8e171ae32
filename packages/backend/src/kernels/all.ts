/** Every kernel of the backend, family by family. */
import type { BackendKernel } from '../kernel.ts';
import { adamWKernels } from './adam-w.ts';
import { crossEntropyKernels } from './cross-entropy.ts';
import { dropoutKernels } from './dropout.ts';
import { embeddingKernels } from './embedding.ts';
import { fallbackKernels, withStringsElsewhere } from './fallback.ts';
import { fillKernels } from './fill.ts';
import { globalNormKernels } from './global-norm.ts';
import { layerNormKernels } from './layer-norm.ts';
import { matMulKernels } from './matmul.ts';
import { quickGeluKernels } from './quick-gelu.ts';
import { sparseAttentionKernels } from './sparse-attention.ts';

/** The kernels that run on the device. */
export const ownKernels: readonly BackendKernel[] = [
  ...adamWKernels,
  ...crossEntropyKernels,
  ...dropoutKernels,
  ...embeddingKernels,
  ...fillKernels,
  ...globalNormKernels,
  ...layerNormKernels,
  ...matMulKernels,
  ...quickGeluKernels,
  ...sparseAttentionKernels,
];

/** The device's own, and those of the families that are computed elsewhere. */
export const allKernels: readonly BackendKernel[] = [
  ...ownKernels.map(withStringsElsewhere),
  ...fallbackKernels,
];
