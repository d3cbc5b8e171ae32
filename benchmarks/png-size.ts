/**
 * What an image model without a network reaches: PNG at its best, image by image. A trained model must do better on the same images.
 *
 * Reads the images that BENCH_IMAGES names (files of records, folders or patterns, as openImageDataset takes them), brought to
 * BENCH_IMAGE_ROWS × BENCH_IMAGE_COLUMNS (32 × 32 unless told); the last BENCH_IMAGE_SHARE of them (1: all, unless told).
 * Machine: any; a thousand images of 32 × 32 take some two seconds.
 */
import { openImageDataset } from '@sparse-transformers/datasets';
import sharp from 'sharp';
import type { Report } from './bench.ts';
import { numberOf, pathsOf } from './figures/variables.ts';

const channels = 3;

/** Bits a byte of the images, in whole files and in what holds the pixels alone. */
export async function run(report: Report): Promise<void> {
  const rows = numberOf('BENCH_IMAGE_ROWS', 32);
  const columns = numberOf('BENCH_IMAGE_COLUMNS', 32);
  const share = numberOf('BENCH_IMAGE_SHARE', 1);
  const split = share === 1 ? { valid: 1 } : { train: 1 - share, valid: share };
  const dataset = await openImageDataset(pathsOf('BENCH_IMAGES'), { rows, columns, channels, split });
  const images = dataset.split('valid');
  const count = images.tokens / dataset.record;
  const pixels = new Int32Array(dataset.record);
  let [whole, packed] = [0, 0];
  for (let image = 0; image < count; image++) {
    await images.read(image * dataset.record, pixels);
    const file = await bestPng(Uint8Array.from(pixels), columns, rows);
    whole += file.length;
    packed += pixelBytes(file);
  }
  await dataset.close();
  const bits = (bytes: number): number => (8 * bytes) / images.tokens;
  report({ name: `PNG, whole files, ${count} images`, engine: 'none', value: bits(whole), unit: 'bits/dim' });
  report({ name: `PNG, IDAT alone, ${count} images`, engine: 'none', value: bits(packed), unit: 'bits/dim' });
}

/** The smaller of the files with a filter chosen for each line and with none. */
async function bestPng(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const files = await Promise.all(
    [true, false].map((adaptiveFiltering) =>
      sharp(pixels, { raw: { width, height, channels } })
        .png({ compressionLevel: 9, adaptiveFiltering })
        .toBuffer(),
    ),
  );
  return files.reduce((best, file) => (file.length < best.length ? file : best));
}

/** The bytes in chunks IDAT, which hold the packed pixels. */
function pixelBytes(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let bytes = 0;
  for (let position = 8; position < file.length; ) {
    const length = view.getUint32(position);
    if (Buffer.from(file.subarray(position + 4, position + 8)).toString('latin1') === 'IDAT') bytes += length;
    position += length + 12;
  }
  return bytes;
}
