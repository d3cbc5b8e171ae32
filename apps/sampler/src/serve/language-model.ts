/** What the scheduler needs of a model, and a sparse transformer in that form. */
import { createDecoder, type Decoder, type SparseTransformer } from '@sparse-transformers/models';
import type { Tokenizer } from '@sparse-transformers/tokenizers';
import { dispose, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** A text model that can be served. */
export interface LanguageModel {
  /** Text to ids and back. */
  readonly tokenizer: Tokenizer;
  /** The most tokens it sees: prompt and new ones together. */
  readonly length: number;
  /** True if it can begin from nothing: it has a learned start vector. */
  readonly canBegin: boolean;
  /** Reads prompts and tokens. */
  readonly decoder: Pick<Decoder, 'open' | 'fork' | 'step' | 'close'>;
  /** For each token of a prompt, the logits `[V]` that were there for it; null for a first token that nothing stands before. */
  promptLogits(prompt: Int32Array): Promise<(Float32Array | null)[]>;
}

/** A transformer with the tokenizer of its text. */
export function languageModel(model: SparseTransformer, tokenizer: Tokenizer): LanguageModel {
  const { length, start, vocabulary } = model.config;
  const canBegin = start === 'learned';
  return {
    tokenizer,
    length,
    canBegin,
    decoder: createDecoder(model),
    async promptLogits(prompt) {
      // The last token's logits are of the token after the prompt, which is not of interest here.
      const read = prompt.subarray(0, -1);
      const rows = read.length + (canBegin ? 1 : 0);
      if (rows === 0) return [null];
      const applied = tidy(() => model.apply(tensor2d(read, [1, read.length], 'int32'))); // [1, rows, V]
      const logits = await applied.data<'float32'>().finally(() => dispose(applied));
      const ofRow = (row: number) => logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      const known = Array.from({ length: rows }, (_, row) => ofRow(row));
      return canBegin ? known : [null, ...known];
    },
  };
}
