import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { cacheKey, openCached } from './cache.ts';
import { Content, type Report } from './content.ts';
import { DatasetError, systemCode } from './errors.ts';

/** The text of a .gz file, unpacked once into the cache and read from there. */
export async function openUnpacked(
  path: string,
  cacheFolder: string,
  maxUnpackedBytes: number,
  reports: { readonly reading: Report; readonly unpacking: Report },
): Promise<Content> {
  const packed = await Content.open(path, reports.reading);
  try {
    const key = cacheKey('unpacked', packed.sha256);
    const text = await openCached(
      cacheFolder,
      key,
      () => unpack(packed, maxUnpackedBytes, reports.unpacking),
      reports.reading,
    );
    if (text.bytes <= maxUnpackedBytes) return text;
    await text.close();
    throw tooLarge(path, maxUnpackedBytes);
  } finally {
    await packed.close();
  }
}

async function* unpack(
  packed: Content,
  maxUnpackedBytes: number,
  report: Report,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  // What fails here, comes out of the loop below: pipeline hands it on.
  pipeline(Readable.from(copies(packed.pages(report)), { highWaterMark: 1 }), gunzip, () => {});
  let bytes = 0;
  try {
    for await (const piece of gunzip) {
      bytes += piece.length;
      if (bytes > maxUnpackedBytes) throw tooLarge(packed.path, maxUnpackedBytes);
      yield piece;
    }
  } catch (error) {
    throw systemCode(error).startsWith('Z_') ? corrupt(packed.path, error) : error;
  }
  if (bytes === 0)
    throw new DatasetError(
      'empty',
      `unpack ${packed.path}: expected text, got a packed file of no bytes; pass a file that holds text`,
    );
}

/** A stream reads ahead, so a page must not be overwritten under it. */
async function* copies(pages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const page of pages) yield page.slice();
}

function tooLarge(path: string, maxUnpackedBytes: number): DatasetError {
  return new DatasetError(
    'too-large',
    `unpack ${path}: expected at most ${maxUnpackedBytes} bytes of text, got more; if the file is to be trusted, raise maxUnpackedBytes`,
  );
}

function corrupt(path: string, error: unknown): DatasetError {
  const what =
    systemCode(error) === 'Z_BUF_ERROR' ? 'a file that is cut short' : `damaged data (${String(error)})`;
  return new DatasetError(
    'corrupt',
    `unpack ${path}: expected a whole gzip file, got ${what}; fetch the file again`,
    error,
  );
}
