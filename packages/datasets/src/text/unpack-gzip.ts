import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { badInput, type DatasetError, systemCode } from '../refusals/index.ts';

/** The content of a .gz file of any number of parts, piece by piece. `path` is for messages. */
export async function* unpackGzip(
  path: string,
  pages: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  // What fails here, comes out of the loop below: pipeline hands it on.
  pipeline(Readable.from(copies(pages), { highWaterMark: 1 }), gunzip, () => {});
  try {
    for await (const piece of gunzip) yield piece;
  } catch (error) {
    throw systemCode(error).startsWith('Z_') ? corrupt(path, error) : error;
  }
}

/** A stream reads ahead, so a page must not be overwritten under it. */
async function* copies(pages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const page of pages) yield page.slice();
}

function corrupt(path: string, error: unknown): DatasetError {
  const isCut = systemCode(error) === 'Z_BUF_ERROR';
  const what = isCut ? 'a file that is cut short' : `damaged data (${String(error)})`;
  return badInput(
    'corrupt',
    `unpack ${path}`,
    `expected a whole gzip file, got ${what}`,
    'fetch the file again',
    error,
  );
}
