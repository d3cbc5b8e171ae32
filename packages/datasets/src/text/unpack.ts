// What a text file holds, whatever it is packed in: packers are recognised by what they leave, so a file may be packed twice, or have another
// name than its content.

import { formatOf, headBytes } from '../files/index.ts';
import { badInput, words } from '../refusals/index.ts';
import { refuseFormat } from './refuse-format.ts';
import type { Packing } from './sources.ts';
import { unpackGzip } from './unpack-gzip.ts';
import { unpackZstd } from './unpack-zstd.ts';

/** How often a file may be packed: a small hostile one can hold itself. */
const mostLayers = 4;

/** How a file is unpacked. */
export interface Unpacking {
  /** The file, for messages. */
  readonly path: string;
  /** What its pages are packed in. */
  readonly packing: Packing;
  /** The most bytes that it may unpack to. */
  readonly maxUnpackedBytes: number;
  /** Whether what comes out is taken as it is. */
  readonly anyBytes: boolean;
}

/** The unpacked bytes. Whatever they are but text is refused. */
export async function* unpack(
  unpacking: Unpacking,
  pages: AsyncIterable<Uint8Array>,
  layer = 1,
): AsyncGenerator<Uint8Array> {
  const { path, packing, anyBytes } = unpacking;
  if (packing === 'none') return yield* pages;
  const unpacked = limited(unpacking, packing === 'gzip' ? unpackGzip(path, pages) : unpackZstd(path, pages));
  if (anyBytes) return yield* unpacked;
  try {
    const head = await headOf(unpacked);
    const format = formatOf(head);
    if (format === null) {
      yield head;
      yield* unpacked;
    } else if (format.packing === undefined || layer === mostLayers) throw refuseFormat(path, format);
    else yield* unpack({ ...unpacking, packing: format.packing }, joined(head, unpacked), layer + 1);
  } finally {
    await unpacked.return(undefined);
  }
}

/** Takes pieces until they are as many bytes as tell a format, or all. */
async function headOf(pieces: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  const held: Uint8Array[] = [];
  for (let bytes = 0; bytes < headBytes; ) {
    const next = await pieces.next();
    if (next.done === true) break;
    // A piece may be overwritten by the next one.
    held.push(next.value.slice());
    bytes += next.value.length;
  }
  return Buffer.concat(held);
}

async function* joined(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

async function* limited(
  { path, maxUnpackedBytes }: Unpacking,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > maxUnpackedBytes) {
      const trust = words`if the file is to be trusted, raise ${{ option: 'maxUnpackedBytes' }}`;
      const detail = `expected at most ${maxUnpackedBytes} bytes of text, got more`;
      throw badInput('too-large', `unpack ${path}`, detail, ['unpack it yourself', trust]);
    }
    yield piece;
  }
}
