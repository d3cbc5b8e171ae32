// Bytes of any number into files of one size, each with its checksum. What was written can be taken back to a mark: a
// file of text may turn out to be damaged after gigabytes of it.

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of ids. */
export interface Shard {
  /** Its size in bytes. */
  readonly bytes: number;
  /** SHA-256 of its content, as hexadecimal digits. */
  readonly sha256: string;
}

/** A place in the shards to come back to. */
export interface ShardMark {
  readonly shards: number;
  /** Bytes of the shard after those. */
  readonly written: number;
  readonly hash: Hash;
}

const bufferBytes = 1 << 20;

/** The file name of shard `index`. */
export function shardName(index: number): string {
  return `${String(index).padStart(6, '0')}.ids`;
}

/** Writes shards into a folder, one after the other. */
export class ShardWriter {
  readonly #folder: string;
  readonly #shardBytes: number;
  readonly #buffer = new Uint8Array(bufferBytes);
  /** Bytes in the buffer that belong to the shard that is being written. */
  #filled = 0;
  #shards: Shard[] = [];
  #handle: FileHandle | null = null;
  #written = 0;
  #hash = createHash('sha256');

  constructor(folder: string, shardBytes: number) {
    this.#folder = folder;
    this.#shardBytes = shardBytes;
  }

  /** Appends bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const room = Math.min(bufferBytes, this.#shardBytes - this.#written) - this.#filled;
      const part = bytes.subarray(done, done + room);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
      if (part.length === room) await this.#flush();
    }
  }

  /** The place after all that was written. */
  async mark(): Promise<ShardMark> {
    await this.#flush();
    return { shards: this.#shards.length, written: this.#written, hash: this.#hash.copy() };
  }

  /** Takes back what was written after a mark. */
  async rollBack(mark: ShardMark): Promise<void> {
    await this.#closeFile();
    for (let index = mark.shards; index <= this.#shards.length; index++) {
      if (index === mark.shards && mark.written > 0) await truncate(this.#path(index), mark.written);
      else await rm(this.#path(index), { force: true });
    }
    this.#shards.length = mark.shards;
    this.#filled = 0;
    this.#written = mark.written;
    this.#hash = mark.hash.copy();
  }

  /** Ends the last shard. Gives all of them. */
  async finish(): Promise<readonly Shard[]> {
    await this.#flush();
    if (this.#written > 0) await this.#endShard();
    return this.#shards;
  }

  /** Closes the file that is open, if one is. */
  async close(): Promise<void> {
    await this.#closeFile();
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#handle ??= await open(this.#path(this.#shards.length), this.#written === 0 ? 'wx' : 'r+', 0o600);
    for (let done = 0; done < bytes.length; ) {
      const position = this.#written + done;
      done += (await this.#handle.write(bytes, done, bytes.length - done, position)).bytesWritten;
    }
    this.#hash.update(bytes);
    this.#written += this.#filled;
    this.#filled = 0;
    if (this.#written === this.#shardBytes) await this.#endShard();
  }

  async #endShard(): Promise<void> {
    await this.#handle?.datasync();
    await this.#closeFile();
    this.#shards.push({ bytes: this.#written, sha256: this.#hash.digest('hex') });
    this.#written = 0;
    this.#hash = createHash('sha256');
  }

  async #closeFile(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  #path(index: number): string {
    return join(this.#folder, shardName(index));
  }
}
