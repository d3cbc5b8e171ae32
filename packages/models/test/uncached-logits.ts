import { tensor2d } from '@tensorflow/tfjs-core';
import type { SparseTransformer } from '../src/index.ts';

/** The model's logits of one sequence, `[n][V]`, without any cache. */
export async function uncachedLogits(
  model: SparseTransformer,
  tokens: readonly number[],
): Promise<number[][]> {
  const logits = model.apply(tensor2d(Int32Array.from(tokens), [1, tokens.length], 'int32'));
  return (await logits.array())[0]!;
}
