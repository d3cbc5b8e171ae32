import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Content } from '../content.ts';
import { DatasetError } from '../errors.ts';
import { indexPath, type ShardIndex } from './shard-index.ts';
import { shardName } from './shard-writer.ts';

/** Bytes by place, from a folder of shards. A shard is opened, and held to its checksum, when it is first read from. */
export class ShardReader {
  /** The folder. */
  readonly path: string;
  /** The bytes of all shards. */
  readonly bytes: number;
  readonly #index: ShardIndex;
  readonly #open = new Map<number, Promise<Content>>();
  #isClosed = false;

  constructor(folder: string, index: ShardIndex) {
    this.path = folder;
    this.#index = index;
    this.bytes = index.shards.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Fills `into` with the bytes from `position` on, which must all be there. */
  async read(into: Uint8Array, position: number): Promise<void> {
    if (this.#isClosed)
      throw new DatasetError('closed', `read ${this.path}: the dataset is closed; open it again`);
    const size = this.#index.shards[0]?.bytes ?? 1;
    for (let done = 0; done < into.length; ) {
      const shard = Math.floor((position + done) / size);
      const start = (position + done) % size;
      const part = into.subarray(done, done + size - start);
      await (await this.#shard(shard)).read(part, start);
      done += part.length;
    }
  }

  /** Closes the shards that are open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = [...this.#open.values()];
    this.#open.clear();
    for (const shard of await Promise.allSettled(opened)) {
      if (shard.status === 'fulfilled') await shard.value.close();
    }
  }

  #shard(index: number): Promise<Content> {
    const open = this.#open.get(index);
    if (open !== undefined) return open;
    const opening = this.#openShard(index);
    this.#open.set(index, opening);
    opening.catch(() => this.#open.delete(index));
    return opening;
  }

  async #openShard(index: number): Promise<Content> {
    const content = await Content.open(join(this.path, shardName(index)), () => {});
    if (content.sha256 === this.#index.shards[index]?.sha256) return content;
    await content.close();
    // Without its index a folder is not whole, and the next opening makes it anew.
    await rm(indexPath(this.path), { force: true });
    throw new DatasetError(
      'corrupt',
      `read ${content.path}: expected the tokens that were written there, got damaged ones; ` +
        'open the dataset again, and they are made anew (if that happens twice, check the disk)',
    );
  }
}
