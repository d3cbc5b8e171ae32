/** The data of a run, in memory. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { TokenSplit } from '@sparse-transformers/datasets';
import type { RunSettings } from './settings.ts';

/** What is trained on, and what is measured. */
export interface Splits {
  readonly train: TokenSplit;
  readonly valid: TokenSplit;
}

const pixels = 32 * 32;
const record = 3 * pixels;

/** Reads a run's files. Without files of their own, the last twelfth of the text or of the images is valid. */
export function readSplits({ data, train, valid }: RunSettings): Splits {
  const unit = data === 'images' ? record : 1;
  const read = data === 'images' ? readImages : readBytes;
  const all = read(train);
  if (valid.length > 0)
    return { train: splitOf('train', all, unit), valid: splitOf('valid', read(valid), unit) };
  const edge = all.length - Math.max(1, Math.floor(all.length / unit / 12)) * unit;
  return {
    train: splitOf('train', all.subarray(0, edge), unit),
    valid: splitOf('valid', all.subarray(edge), unit),
  };
}

/** The first tokens of a split, whole records where it has them. */
export function beginningOf(split: TokenSplit, tokens: number): TokenSplit {
  const unit = split.record ?? 1;
  return { ...split, tokens: Math.min(split.tokens, Math.max(1, Math.floor(tokens / unit)) * unit) };
}

function splitOf(name: string, bytes: Uint8Array, unit: number): TokenSplit {
  return {
    name,
    path: 'memory',
    tokens: bytes.length,
    ...(unit > 1 && { record: unit }),
    read: async (start, into) => into.set(bytes.subarray(start, start + into.length)),
  };
}

function readBytes(paths: readonly string[]): Uint8Array {
  const parts = paths.map((path) => {
    const bytes = readFileSync(path);
    return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  });
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** Records of a label, then 1,024 reds, greens and blues, to bytes in raster order with the colours of a pixel side by side. */
function readImages(paths: readonly string[]): Uint8Array {
  const bytes = readBytes(paths);
  const count = bytes.length / (record + 1);
  if (!Number.isInteger(count))
    throw new Error(
      `${paths.join(', ')}: expected records of ${record + 1} bytes; got ${bytes.length} bytes`,
    );
  const images = new Uint8Array(count * record);
  for (let image = 0; image < count; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        images[image * record + 3 * pixel + channel] =
          bytes[image * (record + 1) + 1 + channel * pixels + pixel]!;
      }
    }
  }
  return images;
}
