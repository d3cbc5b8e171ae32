// Documents in, tokens and the checksum of the text out. Between documents stands the separator; a file that turns out
// to be unusable is taken back, as if it had never been there.

import { createHash, type Hash } from 'node:crypto';
import { type StreamEncoder, type Tokenizer, UnknownCharacterError } from '@sparse-transformers/tokenizers';
import type { Fingerprint } from '../files/index.ts';
import { badInput, DatasetError, skipBadInput, type Words, words } from '../refusals/index.ts';
import type { ShardMark, ShardWriter } from '../shards/index.ts';
import { type TokenWidth, tokenBytes, tokenWidth } from '../shards/index.ts';
import type { DocumentPiece } from './documents.ts';
import type { DocumentTaker } from './read-sources.ts';

/** A place in the text to come back to. */
interface TextMark {
  readonly shards: ShardMark;
  readonly hash: Hash;
  readonly bytes: number;
  readonly documents: number;
}

/** The text that documents make, as tokens in shards. */
export class TokenText implements DocumentTaker {
  readonly #tokenizer: Tokenizer;
  readonly #writer: ShardWriter;
  readonly #width: TokenWidth;
  readonly #separator: string;
  #encoder: StreamEncoder;
  #hash = createHash('sha256');
  #bytes = 0;
  #documents = 0;
  #isBetweenDocuments = true;
  #beforeFile: TextMark | null = null;

  constructor(tokenizer: Tokenizer, separator: string, writer: ShardWriter) {
    this.#tokenizer = tokenizer;
    this.#writer = writer;
    this.#width = tokenWidth(tokenizer.size);
    this.#separator = separator;
    this.#encoder = tokenizer.encoder();
  }

  async take(path: string, { bytes, line, isLast }: DocumentPiece): Promise<void> {
    const encoded = this.#encode(path, bytes, isLast, line);
    if (this.#isBetweenDocuments && this.#documents > 0) {
      const ids = encodeSeparator(this.#tokenizer, this.#separator);
      await this.#write(Buffer.from(this.#separator), [tokenBytes(ids, this.#width)]);
    }
    await this.#write(bytes, encoded);
    this.#isBetweenDocuments = isLast;
    if (isLast) this.#documents++;
  }

  async startFile(): Promise<void> {
    const shards = await this.#writer.mark();
    const hash = this.#hash.copy();
    this.#beforeFile = { shards, hash, bytes: this.#bytes, documents: this.#documents };
  }

  async endFile(isKept: boolean): Promise<void> {
    if (isKept || this.#beforeFile === null) return;
    const { shards, hash, bytes, documents } = this.#beforeFile;
    await this.#writer.rollBack(shards);
    this.#hash = hash;
    this.#bytes = bytes;
    this.#documents = documents;
    this.#isBetweenDocuments = true;
    this.#encoder = this.#tokenizer.encoder();
  }

  /** How many documents were joined. */
  get documents(): number {
    return this.#documents;
  }

  /** What tells the text from another. */
  fingerprint(): Fingerprint {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }

  /** The ids of a part of a document, as they stand in a shard. */
  #encode(path: string, bytes: Uint8Array, isLast: boolean, line?: number): readonly Uint8Array[] {
    // A byte is its own id: nothing to make, which is most of the time and memory of large texts.
    if (this.#tokenizer.kind === 'bytes') return [bytes];
    try {
      const ids = this.#encoder.push(bytes);
      const all = isLast ? [ids, this.#encoder.end()] : [ids];
      return all.map((some) => tokenBytes(some, this.#width));
    } catch (error) {
      if (!(error instanceof UnknownCharacterError)) throw error;
      this.#encoder = this.#tokenizer.encoder();
      const place = line === undefined ? path : `line ${line} of ${path}`;
      throw badInput(
        'unknown-character',
        `tokenise ${place}`,
        error.fact,
        ['take text of characters that it has', skipBadInput],
        error,
      );
    }
  }

  /** Appends text, and its ids as they stand in a shard. */
  async #write(text: Uint8Array, ids: readonly Uint8Array[]): Promise<void> {
    this.#hash.update(text);
    this.#bytes += text.length;
    for (const some of ids) await this.#writer.write(some);
  }
}

function encodeSeparator(tokenizer: Tokenizer, separator: string): Int32Array {
  try {
    return tokenizer.encode(separator);
  } catch (error) {
    const why = error instanceof UnknownCharacterError ? error.fact : String(error);
    const fact: Words = [
      { option: 'separator' },
      ` must be text that the tokenizer knows, got ${JSON.stringify(separator)} (${why})`,
    ];
    const ways = [words`pass another ${{ option: 'separator' }}`, 'join the files into one'];
    throw new DatasetError('argument', { operation: 'openTextDataset', fact, ways }, error);
  }
}
