// Checksums of files that were read through before, kept with how the files looked then, so that a text of 100 GB is not
// read again at each opening. A record that cannot be read or written costs time, nothing else.

import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheKey, makeFolder } from '../shards/index.ts';
import type { KnownChecksum } from './content.ts';

/** Files of fewer bytes in all are read each time: that is quick, and surer than to look at their times. */
export const recordedFrom = 2 ** 24;

/** Checksums by the files' full paths. */
export type KnownChecksums = ReadonlyMap<string, KnownChecksum>;

/** The record of a set of files. */
export class ChecksumRecord {
  readonly #folder: string;
  readonly #path: string;

  /** `purpose` tells records of the same files apart that hold checksums of different parts of them. */
  constructor(folder: string, purpose: string, files: readonly string[]) {
    this.#folder = folder;
    this.#path = join(
      folder,
      `${cacheKey('checksums', purpose, ...files.map((file) => resolve(file)))}.checksums.json`,
    );
  }

  /** What was recorded; nothing where there is no record, or a damaged one. */
  async read(): Promise<KnownChecksums> {
    try {
      const entries = Object.entries(Object(JSON.parse(await readFile(this.#path, 'utf8'))));
      return new Map(entries.flatMap(([path, value]) => (isChecksum(value) ? [[path, value]] : [])));
    } catch {
      return new Map();
    }
  }

  /** Records checksums in place of those before. */
  async write(checksums: KnownChecksums): Promise<void> {
    const partial = `${this.#path}.${randomUUID()}.partial`;
    try {
      await makeFolder(this.#folder);
      await writeFile(partial, JSON.stringify(Object.fromEntries(checksums)), { mode: 0o600 });
      await rename(partial, this.#path);
    } catch {
      await rm(partial, { force: true }).catch(() => {});
    }
  }
}

function isChecksum(value: unknown): value is KnownChecksum {
  const fields = new Map<string, unknown>(Object.entries(Object(value)));
  const place = fields.get('notUtf8At');
  const isPlace = place === undefined || place === null || Number.isSafeInteger(place);
  return (
    isPlace && typeof fields.get('stamp') === 'string' && /^[0-9a-f]{64}$/.test(String(fields.get('sha256')))
  );
}
