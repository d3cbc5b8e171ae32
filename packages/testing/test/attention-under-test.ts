import { sparseAttention } from '@sparse-transformers/kernels';
import { compile } from '@sparse-transformers/patterns';
import type { AttentionImplementation } from '../src/index.ts';

/** `sparseAttention` in the form of the suite. */
export const attentionUnderTest: AttentionImplementation = (
  q,
  k,
  v,
  { pattern, scale, keyLengths, documents, offset, queries, keys },
) =>
  sparseAttention(q, k, v, offset ? compile(pattern, { queries, keys, offset }) : pattern, {
    ...(scale === undefined ? {} : { scale }),
    ...(keyLengths ? { keyLengths } : {}),
    ...(documents ? { documents } : {}),
    returnLogSumExp: true,
  });
