/** The lines of a file of any size, in bounded memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const chunkBytes = 2 ** 18;
/** No line of a run's files is longer; the rest of one that is, is passed over. */
const mostCharacters = 2 ** 16;

/** Each line without its end; null for one that is too long. A last line without an end counts: a run may be writing it. */
export function* linesOf(path: string): Generator<string | null> {
  const file = openSync(path, 'r');
  try {
    yield* linesIn(chunksOf(file));
  } finally {
    closeSync(file);
  }
}

function* chunksOf(file: number): Generator<string> {
  const decoder = new StringDecoder('utf8');
  const bytes = Buffer.alloc(chunkBytes);
  for (;;) {
    const count = readSync(file, bytes, 0, chunkBytes, null);
    if (count === 0) return;
    yield decoder.write(bytes.subarray(0, count));
  }
}

function* linesIn(chunks: Iterable<string>): Generator<string | null> {
  let rest = '';
  let isTooLong = false;
  for (const chunk of chunks) {
    const pieces = chunk.split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        yield isTooLong ? null : rest;
        [rest, isTooLong] = ['', false];
      }
      isTooLong ||= rest.length + piece.length > mostCharacters;
      rest = isTooLong ? '' : rest + piece;
    }
  }
  if (isTooLong) yield null;
  else if (rest !== '') yield rest;
}
