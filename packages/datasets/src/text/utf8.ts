import { isUtf8 } from 'node:buffer';
import { badInput, type DatasetError } from '../errors.ts';

/** The pieces as they are; bytes that are not UTF-8 end the stream. `path` is for messages. */
export async function* checkUtf8(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let position = 0;
  /** The beginning of a character at the end of the piece before. */
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const whole: Uint8Array = held.length === 0 ? piece : Buffer.concat([held, piece]);
    const end = whole.length - cutCharacter(whole);
    if (!isUtf8(whole.subarray(0, end))) throw notUtf8(path, position + firstInvalid(whole));
    position += end;
    held = whole.slice(end);
    yield whole.subarray(0, end);
  }
  if (held.length > 0) throw notUtf8(path, position);
}

/** How many bytes at the end begin a character that goes on in the next piece. */
function cutCharacter(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return count < lengthOf(byte) ? count : 0;
  }
  return 0;
}

/** The length of the character that begins with this byte. */
function lengthOf(lead: number): number {
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Where the first character stands that is none. */
function firstInvalid(bytes: Uint8Array): number {
  let position = 0;
  for (let length = 1; isUtf8(bytes.subarray(position, position + length)); ) {
    position += length;
    const lead = bytes[position] ?? 0;
    length = lead < 0x80 ? 1 : lengthOf(lead);
  }
  return position;
}

function notUtf8(path: string, position: number): DatasetError {
  const detail = `expected characters in UTF-8, got bytes that are none at byte ${position} of the text`;
  return badInput(
    'not-utf-8',
    `read ${path}`,
    detail,
    "convert the file to UTF-8, or take tokenizer 'bytes'",
  );
}
