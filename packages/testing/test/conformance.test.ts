import {
  adamWStep,
  biasQuickGelu,
  clipByGlobalNorm,
  crossEntropy,
  dropout,
  embedding,
  layerNorm,
  linear,
  quickGelu,
} from '@sparse-transformers/kernels';
import {
  adamWConformance,
  biasQuickGeluConformance,
  clipByGlobalNormConformance,
  crossEntropyConformance,
  dropoutConformance,
  embeddingConformance,
  layerNormConformance,
  linearConformance,
  quickGeluConformance,
} from '../src/index.ts';
import { conformance } from './engines-under-test.ts';

conformance('embedding', (backend) => embeddingConformance(backend, embedding));
conformance('layerNorm', (backend) => layerNormConformance(backend, layerNorm));
conformance('crossEntropy', (backend) => crossEntropyConformance(backend, crossEntropy));
conformance('quickGelu', (backend) => quickGeluConformance(backend, quickGelu));
conformance('dropout', (backend) => dropoutConformance(backend, dropout));
conformance('linear', (backend) => linearConformance(backend, linear));
conformance('biasQuickGelu', (backend) => biasQuickGeluConformance(backend, biasQuickGelu));
conformance('adamWStep', (backend) => adamWConformance(backend, adamWStep));
conformance('clipByGlobalNorm', (backend) => clipByGlobalNormConformance(backend, clipByGlobalNorm));
