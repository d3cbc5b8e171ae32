/** How the bytes of a file are packed. */
type Packing = 'none' | 'gzip' | 'zstd';

/** A file to read text from, and how, by its name. */
export interface TextSource {
  /** The file. */
  readonly path: string;
  /** What it must be unpacked with. */
  readonly packing: Packing;
  /** One text, or a text in each line. */
  readonly form: 'plain' | 'json-lines';
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

/** How to read a file, by the end of its name: `.jsonl.gz` is JSON Lines packed with gzip. */
export function sourceOf(path: string): TextSource {
  const name = path.toLowerCase();
  const [end, packing] = packings.find(([packed]) => name.endsWith(packed)) ?? (['', 'none'] as const);
  const inner = name.slice(0, name.length - end.length);
  const isLines = jsonLines.some((extension) => inner.endsWith(extension));
  return { path, packing, form: isLines ? 'json-lines' : 'plain' };
}
