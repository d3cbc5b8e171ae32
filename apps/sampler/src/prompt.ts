/** From the prompt's text to token ids that leave room for new ones. */
import { createReadStream } from 'node:fs';
import { type Tokenizer, UnknownCharacterError } from '@sparse-transformers/tokenizers';
import type { BeginningRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';

/** No model of today sees as much text as this; standard input may have no end. */
const mostBytes = 2 ** 24;
const usualTokens = 200;

/** What to go on with. */
export interface TextBeginning {
  /** What is written before the new text. */
  readonly text: string;
  /** The ids that the model goes on from. */
  readonly prompt: Int32Array;
}

/**
 * The text that was asked for. Where none was: nothing, for a model that begins by itself; for another an end of a line,
 * which is not written.
 *
 * @throws SamplerError for a text that can't be read, or that the model can't go on from
 */
export async function readBeginning(
  { prompt, promptFile }: BeginningRequest,
  input: AsyncIterable<Uint8Array>,
  tokenizer: Tokenizer,
  hasStart: boolean,
): Promise<TextBeginning> {
  if (prompt !== undefined && promptFile !== undefined) {
    throw new SamplerError(
      '--prompt and --prompt-file were both given, but there is one beginning. Give one.',
    );
  }
  if (promptFile !== undefined) {
    const option = `--prompt-file ${promptFile}`;
    return encoded(option, await readText(option, createReadStream(promptFile)), tokenizer, hasStart);
  }
  if (prompt === '-') return encoded('--prompt', await readText('--prompt -', input), tokenizer, hasStart);
  if (prompt !== undefined) return encoded('--prompt', prompt, tokenizer, hasStart);
  return { text: '', prompt: hasStart ? new Int32Array(0) : encodePrompt('--prompt', '\n', tokenizer) };
}

function encoded(option: string, text: string, tokenizer: Tokenizer, hasStart: boolean): TextBeginning {
  if (text === '' && !hasStart) {
    throw new SamplerError(
      `${option} is empty, but the model goes on from at least one character. Give one, such as --prompt "A".`,
    );
  }
  return { text, prompt: encodePrompt(option, text, tokenizer) };
}

/** The text of an input, which must be UTF-8; a byte-order mark at its start is dropped, as in training. */
async function readText(option: string, input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of input) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) break;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SamplerError(`${option}: expected a file of text, but ${reason}.`, { cause: error });
  }
  if (bytes > mostBytes) {
    throw new SamplerError(
      `${option}: expected at most ${mostBytes} bytes, but more came. Give its end only, as with tail -c 1000.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new SamplerError(`${option}: expected UTF-8, but other bytes came. Convert it, as with iconv.`);
  }
}

function encodePrompt(option: string, text: string, tokenizer: Tokenizer): Int32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!(error instanceof UnknownCharacterError)) throw error;
    throw new SamplerError(
      `${option}: ${error.fact}: ` +
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
export function checkRoom(
  prompt: number,
  tokens: number | undefined,
  length: number,
  usual = usualTokens,
): number {
  const room = length - prompt;
  if (room < 1) {
    throw new SamplerError(
      `--prompt has ${prompt} tokens, but the model sees at most ${length}, the new ones among them. ` +
        `Shorten it to ${length - 1} or fewer; its end counts most.`,
    );
  }
  if (tokens === undefined) return Math.min(usual, room);
  if (tokens <= room) return tokens;
  throw new SamplerError(
    `--tokens asks for ${tokens} after a prompt of ${prompt}, but the model sees at most ${length} tokens together. ` +
      `Give --tokens ${room} or fewer, or shorten the prompt.`,
  );
}
