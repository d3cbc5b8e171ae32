/** Reads the model to serve, which must be one of text: completions are texts. */
import type { Tokenizer } from '@sparse-transformers/tokenizers';
import { SamplerError } from '../sampler-error.ts';
import { readModel, type SavedModel } from '../saved-model.ts';

/** A model of text. */
export interface SavedTextModel extends SavedModel {
  /** Text to ids and back. */
  readonly tokenizer: Tokenizer;
}

const wrongKinds = { pixels: 'images', 'mu-law': 'sound' } as const;

/**
 * Reads it as `readModel` does.
 *
 * @throws SamplerError for a model of images or sound, too
 */
export async function readTextModel(path: string): Promise<SavedTextModel> {
  const saved = await readModel(path);
  const { folder, tokenizer } = saved;
  if (tokenizer.kind === 'bytes' || tokenizer.kind === 'characters') return { ...saved, tokenizer };
  throw new SamplerError(
    `${folder}: expected a model of text, but its tokenizer is ${tokenizer.kind}, so it is one of ${wrongKinds[tokenizer.kind]}. ` +
      'Completions are texts; sample from this one with sparse-sample RUN.',
  );
}
