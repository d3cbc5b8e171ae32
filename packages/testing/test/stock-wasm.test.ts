/** The composed forms need nothing of ours below them: they hold on a stock backend of TensorFlow.js, its WebAssembly. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { crossEntropy, dropout, embedding, layerNorm, linear, quickGelu } from '@sparse-transformers/kernels';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import {
  attentionConformance,
  crossEntropyConformance,
  dropoutConformance,
  embeddingConformance,
  type Fact,
  layerNormConformance,
  linearConformance,
  quickGeluConformance,
} from '../src/index.ts';
import { attentionUnderTest } from './attention-under-test.ts';

const suites: Record<string, readonly Fact[]> = {
  embedding: embeddingConformance('wasm', embedding),
  layerNorm: layerNormConformance('wasm', layerNorm),
  crossEntropy: crossEntropyConformance('wasm', crossEntropy),
  quickGelu: quickGeluConformance('wasm', quickGelu),
  dropout: dropoutConformance('wasm', dropout),
  linear: linearConformance('wasm', linear),
  sparseAttention: attentionConformance('wasm', attentionUnderTest).filter(
    ({ name }) => name.startsWith('nothing hidden') || name.endsWith('10⁷'),
  ),
};

beforeAll(async () => {
  const installed = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  setWasmPaths(join(dirname(installed), 'dist/'));
  await setBackend('wasm');
});

describe.each(Object.entries(suites))("composed %s on TensorFlow.js's own wasm", (_, facts) => {
  it.each(facts)('$name', (fact) => fact.run());
});
