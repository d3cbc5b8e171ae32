import { isUtf8 } from 'node:buffer';
import { badInput, type DatasetError, words } from '../refusals/index.ts';

/** Looks for bytes that are not UTF-8 in pieces that come one after the other. */
export class Utf8Watch {
  /** Where the first such byte stands, counted from 0; null if there is none so far. */
  firstInvalid: number | null = null;
  #position = 0;
  /** The beginning of a character at the end of the piece before. */
  #held: Uint8Array = new Uint8Array(0);

  /** Takes the next piece. */
  push(piece: Uint8Array): void {
    if (this.firstInvalid !== null) return;
    const whole: Uint8Array = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const end = whole.length - cutCharacter(whole);
    if (!isUtf8(whole.subarray(0, end))) this.firstInvalid = this.#position + firstInvalid(whole);
    this.#position += end;
    this.#held = whole.slice(end);
  }

  /** Where the text ends in the middle of a character; null if it doesn't. */
  get cutAt(): number | null {
    return this.#held.length > 0 ? this.#position : null;
  }
}

/** The pieces as they are; bytes that are not UTF-8 end the stream. `path` is for messages. */
export async function* checkUtf8(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const watch = new Utf8Watch();
  for await (const piece of pieces) {
    watch.push(piece);
    if (watch.firstInvalid !== null) throw notUtf8(path, watch.firstInvalid);
    yield piece;
  }
  if (watch.cutAt !== null) throw notUtf8(path, watch.cutAt);
}

/** What is odd about bytes that are not UTF-8 where any are taken. */
export function doubtOf(position: number): string {
  return `it is not UTF-8 from byte ${position} of its text on`;
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
  const bytes = words`take ${{ option: 'tokenizer', value: 'bytes' }}`;
  return badInput('not-utf-8', `read ${path}`, detail, ['convert the file to UTF-8', bytes]);
}
