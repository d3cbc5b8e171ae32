/** Every kernel of the backend, family by family. */
import type { KernelConfig } from '@tensorflow/tfjs-core';
import type { BackendKernel } from '../kernel.ts';
import { tensorFlowKernel } from '../run-kernel.ts';
import { adamWKernels } from './adam-w.ts';
import { batchNormKernels } from './batch-norm.ts';
import { binaryKernels } from './binary.ts';
import { bincountKernels } from './bincount.ts';
import { blockKernels } from './blocks.ts';
import { broadcastArgsKernels } from './broadcast-args.ts';
import { castKernels } from './cast.ts';
import { compareKernels } from './compare.ts';
import { complexKernels } from './complex-parts.ts';
import { concatKernels } from './concat.ts';
import { crossEntropyKernels } from './cross-entropy.ts';
import { cumulativeKernels } from './cumulative.ts';
import { dropoutKernels } from './dropout.ts';
import { einsumKernels } from './einsum.ts';
import { embeddingKernels } from './embedding.ts';
import { fallbackKernels } from './fallback.ts';
import { fillKernels } from './fill.ts';
import { gatherKernels } from './gather.ts';
import { globalNormKernels } from './global-norm.ts';
import { layerNormKernels } from './layer-norm.ts';
import { linearKernels } from './linear.ts';
import { matMulKernels } from './matmul.ts';
import { multinomialKernels } from './multinomial.ts';
import { oneHotKernels } from './one-hot.ts';
import { padKernels } from './pad.ts';
import { quickGeluKernels } from './quick-gelu.ts';
import { raggedKernels } from './ragged.ts';
import { raggedToDenseKernels } from './ragged-to-dense.ts';
import { rangeKernels } from './range.ts';
import { reduceKernels } from './reduce.ts';
import { reshapeKernels } from './reshape.ts';
import { responseNormKernels } from './response-norm.ts';
import { scatterKernels } from './scatter.ts';
import { searchSortedKernels } from './search-sorted.ts';
import { segmentSumKernels } from './segment-sum.ts';
import { selectKernels } from './select.ts';
import { sliceKernels } from './slice.ts';
import { softmaxKernels } from './softmax.ts';
import { sparseAttentionKernels } from './sparse-attention.ts';
import { sparseReshapeKernels } from './sparse-reshape.ts';
import { sparseRowsKernels } from './sparse-rows.ts';
import { sparseSegmentKernels } from './sparse-segment.ts';
import { topKKernels } from './top-k.ts';
import { transposeKernels } from './transpose.ts';
import { unaryKernels } from './unary.ts';
import { uniqueKernels } from './unique.ts';

/** The kernels that run on the device. */
export const ownKernels: readonly BackendKernel[] = [
  ...adamWKernels,
  ...batchNormKernels,
  ...binaryKernels,
  ...bincountKernels,
  ...blockKernels,
  ...broadcastArgsKernels,
  ...castKernels,
  ...compareKernels,
  ...complexKernels,
  ...concatKernels,
  ...crossEntropyKernels,
  ...cumulativeKernels,
  ...dropoutKernels,
  ...einsumKernels,
  ...embeddingKernels,
  ...fillKernels,
  ...gatherKernels,
  ...globalNormKernels,
  ...layerNormKernels,
  ...linearKernels,
  ...matMulKernels,
  ...multinomialKernels,
  ...oneHotKernels,
  ...padKernels,
  ...quickGeluKernels,
  ...raggedKernels,
  ...raggedToDenseKernels,
  ...rangeKernels,
  ...reduceKernels,
  ...reshapeKernels,
  ...responseNormKernels,
  ...scatterKernels,
  ...searchSortedKernels,
  ...segmentSumKernels,
  ...selectKernels,
  ...sliceKernels,
  ...softmaxKernels,
  ...sparseAttentionKernels,
  ...sparseReshapeKernels,
  ...sparseRowsKernels,
  ...sparseSegmentKernels,
  ...topKKernels,
  ...transposeKernels,
  ...unaryKernels,
  ...uniqueKernels,
];

/** The device's own, and those of the families that are computed elsewhere, as TensorFlow.js takes them. */
export const allKernels: readonly Omit<KernelConfig, 'backendName'>[] = [
  ...ownKernels,
  ...fallbackKernels,
].map(tensorFlowKernel);
