/**
 * What a model of bytes without a network reaches: counts of the bytes that followed each context, orders 0 to 6, with
 * Witten-Bell smoothing (Witten and Bell 1991). A trained model must do better on the same split.
 *
 * Reads the trainer's bundled text, or what BENCH_TEXT names: a file, plain or .gz, a folder, a pattern. BENCH_SPLIT is
 * the ratios of what is counted, what is predicted, and what is left alone: 0.9/0.1 unless told, 0.9/0.05/0.05 for enwik8.
 * BENCH_VALID names a second text to predict, after counting all of the first. BENCH_ORDER is the largest order: 4 takes
 * two gigabytes for 50 MB of text, and a minute.
 */
import { join } from 'node:path';
import { openTextDataset } from '@sparse-transformers/datasets';
import type { Report } from './bench.ts';
import { ByteCounts, largestOrder } from './witten-bell/byte-counts.ts';

const bundled = join(import.meta.dirname, '../apps/trainer/assets/shakespeare.txt');

/** One figure an order: bits a byte on the part to predict. */
export async function run(report: Report): Promise<void> {
  const {
    BENCH_TEXT = bundled,
    BENCH_SPLIT = '0.9/0.1',
    BENCH_VALID,
    BENCH_ORDER = String(largestOrder),
  } = process.env;
  const order = Number(BENCH_ORDER);
  const ratios = BENCH_VALID === undefined ? BENCH_SPLIT.split('/').map(Number) : [1];
  const train = await readPart(BENCH_TEXT, ratios, 0);
  const valid =
    BENCH_VALID === undefined ? await readPart(BENCH_TEXT, ratios, 1) : await readPart(BENCH_VALID, [1], 0);
  const alphabet = distinctBytes(train, valid);
  const counts = new ByteCounts(order);
  counts.count(train);
  for (let length = 0; length <= order; length++) {
    const value = counts.bitsPerByte(valid, length, alphabet);
    const name = `order-${length} Witten-Bell, ${valid.length} bytes from ${train.length}`;
    report({ name, engine: 'none', value, unit: 'bits/byte' });
  }
}

async function readPart(path: string, ratios: readonly number[], part: number): Promise<Uint8Array> {
  const split = Object.fromEntries(ratios.map((ratio, index) => [`part ${index}`, ratio]));
  const dataset = await openTextDataset(path, { tokenizer: 'bytes', split });
  const { tokens, read } = dataset.split(`part ${part}`);
  const bytes = new Uint8Array(tokens);
  const ids = new Int32Array(2 ** 20);
  for (let start = 0; start < tokens; start += ids.length) {
    const piece = ids.subarray(0, Math.min(ids.length, tokens - start));
    await read(start, piece);
    bytes.set(piece, start);
  }
  await dataset.close();
  return bytes;
}

function distinctBytes(...texts: readonly Uint8Array[]): number {
  const seen = new Uint8Array(256);
  for (const text of texts) for (const byte of text) seen[byte] = 1;
  return seen.reduce((sum, one) => sum + one, 0);
}
