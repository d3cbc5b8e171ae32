/** From the prompt's text to token ids that leave room for new ones. */
import { type Tokenizer, UnknownCharacterError } from '@sparse-transformers/tokenizers';
import { SamplerError } from './sampler-error.ts';

/** No model of today sees as much text as this; standard input may have no end. */
const mostBytes = 2 ** 24;
const usualTokens = 200;

/** The text of an input, which must be UTF-8. */
export async function readText(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) {
      throw new SamplerError(
        `--prompt -: expected at most ${mostBytes} bytes on standard input, but more came. Give its end only, as with tail -c 1000.`,
      );
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new SamplerError(
      '--prompt -: expected UTF-8 on standard input, but other bytes came. Convert it, as with iconv.',
    );
  }
}

/**
 * The ids of a prompt.
 *
 * @throws SamplerError for an empty one, or one with a character that the model does not know
 */
export function encodePrompt(prompt: string, tokenizer: Tokenizer): Int32Array {
  if (prompt === '') {
    throw new SamplerError(
      '--prompt is empty, but the model goes on from at least one character. Give one, such as --prompt "A".',
    );
  }
  try {
    return tokenizer.encode(prompt);
  } catch (error) {
    if (!(error instanceof UnknownCharacterError)) throw error;
    throw new SamplerError(
      `--prompt: ${error.message.replace(/^encode: /, '').replace(/;.*/s, '')}: ` +
        `the text that the model was trained on, with ${tokenizer.size} different characters, had none. Leave it out.`,
      { cause: error },
    );
  }
}

/**
 * How many tokens to generate: those asked for, or what is usual and has room.
 *
 * @throws SamplerError if prompt and tokens are more than the model can see
 */
export function checkRoom(prompt: number, tokens: number | undefined, length: number): number {
  const room = length - prompt;
  if (room < 1) {
    throw new SamplerError(
      `--prompt has ${prompt} tokens, but the model sees at most ${length}, the new ones among them. ` +
        `Shorten it to ${length - 1} or fewer; its end counts most.`,
    );
  }
  if (tokens === undefined) return Math.min(usualTokens, room);
  if (tokens <= room) return tokens;
  throw new SamplerError(
    `--tokens asks for ${tokens} after a prompt of ${prompt}, but the model sees at most ${length} tokens together. ` +
      `Give --tokens ${room} or fewer, or shorten the prompt.`,
  );
}
