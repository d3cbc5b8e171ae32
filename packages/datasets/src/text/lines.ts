const lineFeed = 10;

/** A line without its end, or how it is too long to be held. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** The bytes before the line's end; null for a line longer than the limit. */
  readonly bytes: Uint8Array | null;
}

/** The lines of a stream. What is kept of a line in memory is at most `limit` bytes; a longer one is read over. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const hold = (part: Uint8Array): void => {
    length += part.length;
    if (length > limit) held = [];
    else held.push(part);
  };
  const line = (): Line => {
    const bytes = length > limit ? null : held.length === 1 ? held[0]! : Buffer.concat(held);
    held = [];
    length = 0;
    return { number: number++, bytes };
  };
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      hold(piece.subarray(start, end));
      yield line();
      start = end + 1;
    }
    // Copied, for the next piece may overwrite this one.
    if (start < piece.length) hold(piece.slice(start));
  }
  if (length > 0) yield line();
}
