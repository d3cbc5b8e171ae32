import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openTextDataset, type TextDataset, type TextDatasetOptions } from '../src/index.ts';

/** A folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'datasets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a new folder that is gone when the test ends; gives its path. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** The path of a new file with this content. */
export async function fileOf(content: string | Uint8Array, name = 'text.txt'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** Opens a dataset that is closed when the test ends; by bytes, with a cache folder beside the file. */
export async function openForTest(
  path: string,
  options: Partial<TextDatasetOptions> = {},
): Promise<TextDataset> {
  const dataset = await openTextDataset(path, {
    tokenizer: 'bytes',
    cacheFolder: `${path}.cache`,
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

/** Opens a dataset of one split that holds the whole text. */
export async function openWhole(
  content: string | Uint8Array,
  options: Partial<TextDatasetOptions> = {},
): Promise<TextDataset> {
  return openForTest(await fileOf(content), { split: { all: 1 }, ...options });
}

/** Turns over the last byte of a file. */
export async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 0xff;
  await writeFile(path, bytes);
}
