import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Content } from '../files/index.ts';
import { DatasetError } from '../refusals/index.ts';
import { damagedCache } from './cache-error.ts';
import { indexPath, type ShardIndex } from './shard-index.ts';
import { shardName } from './shard-writer.ts';

/** Bytes by place, from a folder of shards. A shard is opened, and held to its checksum, when it is first read from. */
export class ShardReader {
  /** The folder. */
  readonly path: string;
  /** The bytes of all shards. */
  readonly bytes: number;
  readonly #remake: () => Promise<ShardIndex>;
  readonly #open = new Map<number, Promise<Content>>();
  #index: ShardIndex;
  #repair: Promise<void> | null = null;
  #isClosed = false;

  /** `remake` makes the folder anew where it turns out to be damaged. */
  constructor(folder: string, index: ShardIndex, remake: () => Promise<ShardIndex>) {
    this.path = folder;
    this.#index = index;
    this.#remake = remake;
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
      await this.#readPart(shard, part, start);
      done += part.length;
    }
  }

  /** Damage is mended once: what comes back is the disk's. */
  async #readPart(shard: number, part: Uint8Array, start: number): Promise<void> {
    try {
      await (await this.#shard(shard)).read(part, start);
    } catch (error) {
      if (this.#isClosed || !(error instanceof DatasetError)) throw error;
      await this.#mend(error);
      await (await this.#shard(shard)).read(part, start);
    }
  }

  async #mend(damage: DatasetError): Promise<void> {
    this.#repair ??= this.#makeAnew(damage);
    await this.#repair;
  }

  async #makeAnew(damage: DatasetError): Promise<void> {
    const opened = [...this.#open.values()];
    this.#open.clear();
    try {
      // Without its index a folder is not whole, and is put aside for the new one.
      await rm(indexPath(this.path), { force: true });
      const index = await this.#remake();
      if (index.text.sha256 !== this.#index.text.sha256) throw new Error('the files are others now');
      this.#index = index;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const fact = `expected the tokens that were written there, got damaged ones (${damage.message}), which could not be made again: ${why}`;
      throw damagedCache(this.path, fact, error);
    }
    for (const shard of await Promise.allSettled(opened)) {
      if (shard.status === 'fulfilled') await shard.value.close();
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
    throw damagedCache(
      this.path,
      `expected the tokens that were written to ${shardName(index)}, got damaged ones`,
    );
  }
}
