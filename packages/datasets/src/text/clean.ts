// What happens to the bytes of every text file, piece by piece: a byte-order mark at its start is dropped; where lines
// are to end as on Unix, CRLF becomes LF.

const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
const [carriageReturn, lineFeed] = [13, 10];

/** The pieces without a byte-order mark (U+FEFF in UTF-8) at the start of the first. */
export async function* dropMark(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | null = new Uint8Array(0);
  for await (const piece of pieces) {
    if (held === null) {
      yield piece;
      continue;
    }
    const start: Uint8Array = joined(held, piece);
    held = start.length < mark.length && beginsMark(start) ? start : null;
    if (held === null)
      yield start.subarray(start.length >= mark.length && beginsMark(start) ? mark.length : 0);
  }
  if (held !== null && held.length > 0) yield held;
}

function beginsMark(bytes: Uint8Array): boolean {
  return mark.subarray(0, bytes.length).every((byte, index) => byte === bytes[index]);
}

/** The pieces with CRLF turned to LF; CR alone stays. */
export async function* unixNewlines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isReturnHeld = false;
  for await (const piece of pieces) {
    const whole: Uint8Array = isReturnHeld ? joined(Uint8Array.of(carriageReturn), piece) : piece;
    isReturnHeld = whole.at(-1) === carriageReturn;
    yield withoutReturns(isReturnHeld ? whole.subarray(0, -1) : whole);
  }
  if (isReturnHeld) yield Uint8Array.of(carriageReturn);
}

/** The bytes with LF for CRLF. */
export function withoutReturns(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(carriageReturn)) return bytes;
  return bytes.filter((byte, index) => byte !== carriageReturn || bytes[index + 1] !== lineFeed);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
