// Folders of shards that are made once and kept. A folder is written under a name of its own and renamed when whole, so
// processes that make the same one at once don't meet: the first to be done wins, and the others take its folder. One
// that was interrupted leaves its unfinished folder behind, which the next process to make anything removes.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatasetError, systemCode } from '../refusals/index.ts';
import { damagedCache, unusableCache } from './cache-error.ts';
import { makeFolder } from './make-folder.ts';
import { indexPath, indexText, readIndex, type ShardIndex } from './shard-index.ts';
import { ShardReader } from './shard-reader.ts';
import { ShardWriter } from './shard-writer.ts';

/** A folder of shards that is whole. */
export interface CachedShards {
  readonly index: ShardIndex;
  readonly reader: ShardReader;
}

/** What to make where nothing is kept. */
export interface ShardRecipe {
  /** A hash of everything that the shards depend on. */
  readonly key: string;
  /** The same in full, for people who look into the index. */
  readonly madeFrom: unknown;
  /** The size of a shard in bytes. */
  readonly shardBytes: number;
  /** Writes all ids, and tells all about them but the shards. */
  readonly make: (writer: ShardWriter) => Promise<Omit<ShardIndex, 'shards'>>;
}

/** The shards of a recipe: those kept in `folder`, or new ones. Damaged ones are made again when they are read. */
export async function openShards(folder: string, recipe: ShardRecipe): Promise<CachedShards> {
  const index = (await findIndex(folder, recipe.key)) ?? (await makeShards(folder, recipe));
  const remake = (): Promise<ShardIndex> => makeShards(folder, recipe);
  return { index, reader: new ShardReader(pathOf(folder, recipe.key), index, remake) };
}

function pathOf(folder: string, key: string): string {
  return join(folder, `${key}.tokens`);
}

function findIndex(folder: string, key: string): Promise<ShardIndex | null> {
  return readIndex(pathOf(folder, key), key);
}

/** Makes shards and keeps them in `folder`. */
async function makeShards(folder: string, recipe: ShardRecipe): Promise<ShardIndex> {
  const partial = join(folder, `${recipe.key}.${ownerMark()}.${process.pid}.${randomUUID()}.partial`);
  try {
    await makeFolder(folder);
    await removeUnfinished(folder);
    try {
      await writeShards(partial, recipe);
      await moveIntoPlace(folder, recipe.key, partial);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  } catch (error) {
    throw systemCode(error) === '' || error instanceof DatasetError ? error : unusableCache(folder, error);
  }
  const made = await findIndex(folder, recipe.key);
  if (made !== null) return made;
  throw damagedCache(folder, 'expected the tokens just written, got others');
}

async function writeShards(path: string, { key, madeFrom, shardBytes, make }: ShardRecipe): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  const writer = new ShardWriter(path, shardBytes);
  try {
    const about = await make(writer);
    const index = { ...about, shards: await writer.finish() };
    await writeFile(indexPath(path), indexText(index, key, madeFrom), { mode: 0o600, flush: true });
  } finally {
    await writer.close();
  }
  await syncFolder(path);
}

/** A folder cannot be renamed onto one that holds something: one that is there already is another process's, or damaged. */
async function moveIntoPlace(folder: string, key: string, partial: string): Promise<void> {
  const path = pathOf(folder, key);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await rename(partial, path);
      return await syncFolder(folder);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR'].includes(systemCode(error))) throw error;
    }
    if ((await readIndex(path, key)) !== null) return;
    await putAside(path);
  }
}

async function putAside(path: string): Promise<void> {
  const aside = `${path}.${ownerMark()}.${process.pid}.${randomUUID()}.partial`;
  await rename(path, aside).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  await rm(aside, { recursive: true, force: true });
}

/** Some systems cannot open a folder to have it written through; the rename is then as safe as they make it. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Names the machine: numbers of processes mean something on one only. */
function ownerMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, owner, processId] = /\.([0-9a-f]{8})\.(\d+)\.[0-9a-f-]{36}\.partial$/.exec(name) ?? [];
    if (owner === ownerMark() && !isRunning(Number(processId)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
