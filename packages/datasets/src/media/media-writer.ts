import { createHash } from 'node:crypto';
import { BadInput } from '../refusals/index.ts';
import type { ShardIndex, ShardWriter, SkippedPart } from '../shards/index.ts';
import type { UsedFiles } from '../token-dataset.ts';

/** How many of what was left out are named in an index. */
const named = 1000;

/** Tokens on their way into shards: those of a file that turns out to be unusable are taken back. */
export class MediaWriter {
  readonly #writer: ShardWriter;
  readonly #pieces: number[] = [];
  readonly #sources: number[] = [];
  readonly #skipped: SkippedPart[] = [];
  #skippedFiles = 0;
  #used: UsedFiles = { files: 0, bytes: 0 };
  #tokens = 0;
  #hash = createHash('sha256');

  constructor(writer: ShardWriter) {
    this.#writer = writer;
  }

  /** Takes the tokens of the file at place `source`, which has `bytes`. Gives what was wrong, where they were taken back. */
  async add(
    { source, bytes }: { readonly source: number; readonly bytes: number },
    decoded: AsyncIterable<Uint8Array>,
  ): Promise<BadInput | null> {
    const mark = await this.#writer.mark();
    const hash = this.#hash.copy();
    let count = 0;
    try {
      for await (const tokens of decoded) {
        hash.update(tokens);
        count += tokens.length;
        await this.#writer.write(tokens);
      }
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      await this.#writer.rollBack(mark);
      this.#skippedFiles++;
      if (this.#skipped.length < named) this.#skipped.push({ source, line: 0, reason: error.message });
      return error;
    }
    if (count > 0) {
      this.#pieces.push(this.#tokens);
      this.#sources.push(source);
    }
    this.#tokens += count;
    this.#used = { files: this.#used.files + 1, bytes: this.#used.bytes + bytes };
    this.#hash = hash;
    return null;
  }

  /** Writes behind the tokens where those of each file begin, and which file it is. Gives what the index says. */
  async finish(): Promise<Omit<ShardIndex, 'shards'>> {
    await this.#writer.write(new Uint8Array(Float64Array.from([...this.#pieces, ...this.#sources]).buffer));
    return {
      width: 1,
      text: { bytes: this.#tokens, sha256: this.#hash.digest('hex') },
      documents: this.#pieces.length,
      used: this.#used,
      alphabet: null,
      skipped: this.#skipped,
      doubts: [],
      skippedCounts: { files: this.#skippedFiles, lines: 0 },
    };
  }
}
