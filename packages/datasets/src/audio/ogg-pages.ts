// Ogg (RFC 3533) is a row of pages, each with a checksum and a number, the last one marked. The decoders take what
// they can get; so that a damaged or truncated file is not taken for a shorter one, its pages are checked here.

import { BadInput } from '../refusals/index.ts';
import type { FileBytes } from './file-bytes.ts';

const headerBytes = 27;
const firstPageFlag = 2;
const lastPageFlag = 4;

/** Tags that players append to files of any kind. */
const tags = /^(TAG|ID3|APETAGEX|LYRICS)/;

/** One stream of an Ogg file. */
export class OggStream {
  readonly #file: FileBytes;
  #position: number;

  /** `start` must be the place of its first page. */
  constructor(file: FileBytes, start: number) {
    this.#file = file;
    this.#position = start;
  }

  /** Its pages. */
  async *pages(): AsyncGenerator<Uint8Array> {
    for (let number = 0; ; number++) {
      const page = await readPage(this.#file, this.#position);
      const view = new DataView(page.buffer, page.byteOffset, page.length);
      const flags = view.getUint8(5);
      if (number > 0 && flags & firstPageFlag)
        throw new BadInput('it holds several streams side by side; store each in its own file');
      if (view.getUint32(18, true) !== number) throw new BadInput(`its page ${number} is missing`);
      if (view.getUint32(22, true) !== checksum(page)) throw new BadInput(`its page ${number} is damaged`);
      yield page;
      this.#position += page.length;
      if (flags & lastPageFlag) return;
    }
  }

  /** Where the next stream begins, once all pages were read; null where the file ends. */
  async next(): Promise<number | null> {
    const head = Buffer.from(await this.#file.read(this.#position, headerBytes)).toString('latin1');
    if (head.startsWith('OggS')) return this.#position;
    if (head === '' || tags.test(head) || head.replaceAll('\0', '') === '') return null;
    const rest = this.#file.bytes - this.#position;
    throw new BadInput(`${rest} bytes follow the end of its stream that are no stream`);
  }
}

/** What the first packet begins with, which names the code, of the stream at `start`. */
export async function oggCodec(file: FileBytes, start: number): Promise<'vorbis' | 'flac' | null> {
  const page = await readPage(file, start);
  const packet = Buffer.from(page.subarray(headerBytes + page[26]!)).toString('latin1');
  if (packet.startsWith('\x01vorbis')) return 'vorbis';
  return packet.startsWith('\x7fFLAC') ? 'flac' : null;
}

async function readPage(file: FileBytes, position: number): Promise<Uint8Array> {
  const header = await file.read(position, headerBytes + 255);
  const segments = header[26];
  if (segments === undefined || header.length < headerBytes + segments) throw truncated(position);
  if (Buffer.from(header.subarray(0, 4)).toString('latin1') !== 'OggS') {
    throw new BadInput(`it is damaged: no page begins at byte ${position}`);
  }
  const sizes = header.subarray(headerBytes, headerBytes + segments);
  const length = headerBytes + segments + sizes.reduce((sum, size) => sum + size, 0);
  const page = await file.read(position, length);
  if (page.length < length) throw truncated(position);
  return page;
}

function truncated(position: number): BadInput {
  return new BadInput(
    `it is truncated: the stream does not end before the file does, at the page at byte ${position}`,
  );
}

/** CRC-32 of the page with zeros for the checksum: polynomial 0x04c11db7, from the highest bit, beginning with 0. */
function checksum(page: Uint8Array): number {
  let crc = 0;
  for (let index = 0; index < page.length; index++) {
    const byte = index >= 22 && index < 26 ? 0 : page[index]!;
    crc = ((crc << 8) ^ crcOfByte[((crc >>> 24) ^ byte) & 0xff]!) >>> 0;
  }
  return crc;
}

const crcOfByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});
