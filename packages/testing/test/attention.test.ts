import { sparseAttention } from '@sparse-transformers/kernels';
import { compile } from '@sparse-transformers/patterns';
import { attentionConformance } from '../src/index.ts';
import { conformance } from './engines-under-test.ts';

conformance('sparseAttention', (backend) =>
  attentionConformance(backend, (q, k, v, { pattern, scale, keyLengths, documents, offset, queries, keys }) =>
    sparseAttention(q, k, v, offset ? compile(pattern, { queries, keys, offset }) : pattern, {
      ...(scale === undefined ? {} : { scale }),
      ...(keyLengths ? { keyLengths } : {}),
      ...(documents ? { documents } : {}),
      returnLogSumExp: true,
    }),
  ),
);
