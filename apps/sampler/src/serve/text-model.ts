/** Reads the model to serve, which must be one of text: completions are texts. */
import type { Tokenizer } from '@sparse-transformers/tokenizers';
import { SamplerError } from '../sampler-error.ts';
import { readModel, type SavedModel } from '../saved-model.ts';

/** A model of text. */
export interface SavedTextModel extends SavedModel {
  /** Text to ids and back. */
  readonly tokenizer: Tokenizer;
}

/**
 * Reads it as `readModel` does.
 *
 * @throws SamplerError for a model of another kind of data, too
 */
export async function readTextModel(path: string): Promise<SavedTextModel> {
  const saved = await readModel(path);
  const { folder, tokenizer } = saved;
  if (tokenizer.dataKind === 'text') return { ...saved, tokenizer };
  throw new SamplerError(
    `${folder}: expected a model of text, but it is one of ${tokenizer.dataKind}, by its tokenizer. ` +
      'Completions are texts; sample from this one with sparse-sample RUN.',
  );
}
