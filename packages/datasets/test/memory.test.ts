import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const fromSource = new URL('../../../tools/source.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('memory-of-a-large-file.ts', import.meta.url));

/** Opens a file and reads 500 batches of it in a process of its own. */
async function memoryOf(path: string): Promise<{ tokens: number; skipped: number; peakBytes: number }> {
  const flags = ['--conditions=@sparse-transformers/source', '--import', fromSource];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, path, `${path}.cache`]);
  return JSON.parse(stdout);
}

/** Writes `count` times a piece of text, holding one. */
async function writePieces(path: string, piece: string, count: number): Promise<void> {
  const bytes = Buffer.from(piece);
  const pieces = Readable.from(times(bytes, count));
  if (path.endsWith('.gz')) await pipeline(pieces, createGzip({ level: 1 }), createWriteStream(path));
  else await pipeline(pieces, createWriteStream(path));
}

function* times<T>(value: T, count: number): Generator<T> {
  for (let index = 0; index < count; index++) yield value;
}

const line = `${JSON.stringify({ text: 'The memory that this takes must not grow with the text. '.repeat(18) })}\n`;

describe('a process that opens a text and reads 500 batches of it takes under 200 MB', () => {
  it('for a plain file of 400 MB', async () => {
    const path = join(await temporaryFolder(), 'large.txt');
    const file = await open(path, 'w');
    await file.truncate(400 * 2 ** 20);
    await file.close();
    const { tokens, peakBytes } = await memoryOf(path);
    expect(tokens).toBe(400 * 2 ** 20);
    expect(peakBytes).toBeGreaterThan(10e6);
    expect(peakBytes).toBeLessThan(200e6);
  });

  it.each([
    ['a packed file that holds 200 MB', 'large.txt.gz', 'x'.repeat(2 ** 20), 200, [200 * 2 ** 20, 0]],
    ['JSON Lines of 100 MB', 'large.jsonl', line.repeat(1000), 100, [100_000 * 1008 + 99_999 * 2, 0]],
    ['a packed line of 200 MB, which is skipped', 'line.jsonl.gz', 'x'.repeat(2 ** 20), 200, [1008, 1]],
  ])('for %s', async (_name, name, piece, count, expected) => {
    const path = join(await temporaryFolder(), name);
    await writePieces(path, piece, count);
    if (name.includes('line')) await appendFile(path, gzipSync(`\n${line}`));
    const { tokens, skipped, peakBytes } = await memoryOf(path);
    expect([tokens, skipped]).toEqual(expected);
    expect(peakBytes).toBeLessThan(200e6);
  });
});
