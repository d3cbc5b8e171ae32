/** Bytes of a stream by number: as many as are asked for, wherever the stream's pieces are cut. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next `count` bytes; fewer where the stream ends before. */
  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    let done = 0;
    while (done < count && (await this.#fill())) {
      const part = this.#rest.subarray(0, count - done);
      taken.set(part, done);
      this.#rest = this.#rest.subarray(part.length);
      done += part.length;
    }
    return taken.subarray(0, done);
  }

  /** Passes over `count` bytes; false where the stream ends before. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0 && (await this.#fill())) {
      const part = Math.min(left, this.#rest.length);
      this.#rest = this.#rest.subarray(part);
      left -= part;
    }
    return left === 0;
  }

  /** Whether there is a byte to take: the next piece is copied, for a piece may be overwritten by the one after it. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#rest = next.value.slice();
    }
    return true;
  }

  /** Ends the stream, which may hold a file. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
