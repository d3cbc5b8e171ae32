import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  ChecksumRecord,
  Content,
  type KnownChecksum,
  type KnownChecksums,
  type Report,
  recordedFrom,
} from '../files/index.ts';
import type { Skips } from '../refusals/index.ts';
import type { TextSource } from './sources.ts';

/** A file with its checksum. */
export interface CheckedSource extends TextSource {
  /** The file's size, packed as it is. */
  readonly bytes: number;
  /** Its checksum, and how it looked then. */
  readonly known: KnownChecksum;
}

/** The files with their checksums, read or recorded; without those that are skipped. */
export async function checkSources(
  files: readonly TextSource[],
  cacheFolder: string,
  report: Report,
  skips: Skips,
): Promise<CheckedSource[]> {
  const sizes: number[] = [];
  for (const { path } of files) sizes.push(await sizeOf(path));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const paths = files.map(({ path }) => path);
  const record = total < recordedFrom ? null : new ChecksumRecord(cacheFolder, 'files', paths);
  const recorded: KnownChecksums = (await record?.read()) ?? new Map();
  const sources: CheckedSource[] = [];
  let before = 0;
  for (const [index, file] of files.entries()) {
    const known = recorded.get(resolve(file.path));
    const source = await checkSource(file, known, (done) => report(before + done, total), skips);
    if (source !== null) sources.push(source);
    before += sizes[index] ?? 0;
  }
  const checksums = new Map(sources.map(({ path, known }) => [resolve(path), known]));
  if (!areSame(checksums, recorded)) await record?.write(checksums);
  return sources;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function checkSource(
  file: TextSource,
  recorded: KnownChecksum | undefined,
  report: Report,
  skips: Skips,
): Promise<CheckedSource | null> {
  try {
    const content = await Content.open(file.path, report, 0, recorded);
    await content.close();
    return { ...file, bytes: content.bytes, known: content.known };
  } catch (error) {
    skips.note(error, file.path);
    return null;
  }
}

function areSame(checksums: KnownChecksums, recorded: KnownChecksums): boolean {
  const isSame = ([path, { stamp }]: [string, KnownChecksum]): boolean => recorded.get(path)?.stamp === stamp;
  return checksums.size === recorded.size && [...checksums].every(isSame);
}
