import { type FileFormat, formatOf, headBytes, readHead } from '../files/index.ts';
import type { Skips } from '../refusals/index.ts';
import { refuseFormat } from './refuse-format.ts';

/** How the bytes of a file are packed. */
export type Packing = 'none' | 'gzip' | 'zstd';

/** A file to read text from, and how. */
export interface TextSource {
  /** The file. */
  readonly path: string;
  /** What it must be unpacked with. */
  readonly packing: Packing;
  /** One text, or a text in each line; `json` is known to be lines when its beginning is unpacked. */
  readonly form: 'plain' | 'json-lines' | 'json';
}

const packings: readonly [string, Packing][] = [
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
];
const jsonLines = ['.jsonl', '.ndjson'];

/** The ends of names that a folder gives its files by, unless told. */
export const textExtensions: readonly string[] = ['.txt', '.text', '.md', ...jsonLines].flatMap(
  (extension) => [extension, ...packings.map(([packed]) => extension + packed)],
);

/**
 * How to read each file: by what it begins with where it is packed, and by the end of its name. What is of another format is refused before
 * anything is read. With `anyBytes` the name alone tells.
 */
export async function lookAtSources(
  paths: readonly string[],
  anyBytes: boolean,
  skips: Skips,
): Promise<TextSource[]> {
  const sources: TextSource[] = [];
  for (const path of paths) {
    try {
      sources.push(sourceOf(path, anyBytes ? null : formatOf(await readHead(path, headBytes))));
    } catch (error) {
      skips.note(error, path);
    }
  }
  return sources;
}

function sourceOf(path: string, format: FileFormat | null): TextSource {
  const name = path.toLowerCase();
  const [end, named] = packings.find(([packed]) => name.endsWith(packed)) ?? (['', 'none'] as const);
  if (format !== null && format.packing === undefined) throw refuseFormat(path, format);
  return { path, packing: format?.packing ?? named, form: formOf(name.slice(0, name.length - end.length)) };
}

function formOf(name: string): TextSource['form'] {
  if (jsonLines.some((extension) => name.endsWith(extension))) return 'json-lines';
  return name.endsWith('.json') ? 'json' : 'plain';
}
