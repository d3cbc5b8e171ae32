/** Rows of tokens as files that a person can look at or listen to. */
import { encodePng, encodeWav } from '@sparse-transformers/datasets';
import type { AnyTokenizer } from '@sparse-transformers/tokenizers';

/**
 * The files by name: a text file or a WAV file a row; images side by side in one PNG.
 *
 * @param rows token ids of the tokenizer; whole images where it is one of pixels
 */
export function tokenFiles(rows: readonly Int32Array[], tokenizer: AnyTokenizer): Map<string, Uint8Array> {
  switch (tokenizer.kind) {
    case 'pixels':
      return new Map([['images.png', encodePng(rows, tokenizer)]]);
    case 'mu-law':
      return new Map(
        rows.map((ids, row) => [`${row}.wav`, encodeWav(tokenizer.decode(ids), tokenizer.sampleRate)]),
      );
    default: {
      const encoder = new TextEncoder();
      return new Map(rows.map((ids, row) => [`${row}.txt`, encoder.encode(tokenizer.decode(ids))]));
    }
  }
}
