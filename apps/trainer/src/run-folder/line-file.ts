/**
 * Files of lines in a run's folder: a line of JSON with a `step`, for each step, validation or session. They are grown by processes that may
 * die while they write. What that can leave is mended when a run goes on: a last line without its end, and lines behind the newest
 * checkpoint, which are written again. Lines before it are on the disk before it is; one that is missing or can't be read there was lost in
 * another way, which is told before anything is written.
 */
import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { openInside, RunFolderError } from '@sparse-transformers/training';

/** A line of a file. */
export interface Line {
  /** Without its end; null for one that is too long to be a run's. */
  readonly text: string | null;
  /** Bytes of the file up to and with its end. */
  readonly end: number;
  /** Whether it has an end. The last one may have none: a run may be writing it. */
  readonly isWhole: boolean;
}

const chunkBytes = 2 ** 18;
/** No line of a run's files is longer; one that is, is passed over. */
const mostLineBytes = 2 ** 20;
/** Nothing that has lines has one of so many bytes; a file without content may have any. */
const mostBytesWithoutEnd = 2 ** 26;
const lineEnd = 0x0a;

/**
 * The lines of a file of any size, in bounded memory; none if there is no such file.
 *
 * @throws RunFolderError for what is no file of lines
 */
export function* linesOf(folder: string, name: string): Generator<Line> {
  const path = join(folder, name);
  const file = openInside(folder, path, 'read');
  if (file === null) return;
  try {
    yield* linesIn(path, chunksOf(file));
  } finally {
    closeSync(file);
  }
}

function* chunksOf(file: number): Generator<Buffer> {
  for (;;) {
    const bytes = Buffer.alloc(chunkBytes);
    const count = readSync(file, bytes, 0, chunkBytes, null);
    if (count === 0) return;
    yield bytes.subarray(0, count);
  }
}

function* linesIn(path: string, chunks: Iterable<Buffer>): Generator<Line> {
  let pieces: Buffer[] = [];
  let length = 0;
  let end = 0;
  const take = (piece: Buffer) => {
    length += piece.length;
    if (length <= mostLineBytes) pieces.push(piece);
  };
  const line = (isWhole: boolean): Line => {
    const text = length <= mostLineBytes ? Buffer.concat(pieces).toString('utf8') : null;
    end += length + (isWhole ? 1 : 0);
    [pieces, length] = [[], 0];
    return { text, end, isWhole };
  };
  for (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(lineEnd); to >= 0; to = chunk.indexOf(lineEnd, from)) {
      take(chunk.subarray(from, to));
      yield line(true);
      from = to + 1;
    }
    take(chunk.subarray(from));
    if (length > mostBytesWithoutEnd) {
      throw new RunFolderError(
        path,
        `expected lines of JSON, got ${mostBytesWithoutEnd} bytes without the end of a line; ${wayOut}`,
      );
    }
  }
  if (length > 0) yield line(false);
}

/** What a line holds, as far as it is JSON with a step; else null. */
export function fieldsOf(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const fields: Record<string, unknown> = Object(JSON.parse(text ?? ''));
    return Number.isFinite(fields['step']) ? fields : null;
  } catch {
    return null;
  }
}

/** What is known of the lines of a file. */
export interface LineRules {
  /** Steps of the checkpoint that the run goes on from: lines of later ones don't stay. */
  readonly through: number;
  /** How the steps of neighbouring lines differ: by 1, by something above 0, or in any way. */
  readonly steps: 'each' | 'rising' | 'any';
}

/** What becomes of a file when its run goes on. */
export interface Kept {
  /** Bytes that stay. */
  readonly bytes: number;
  /** Whether there is more in the file. */
  readonly isCut: boolean;
}

/**
 * How much of a file stays. A file that is not there, or empty, is fine: its lines were given up.
 *
 * @throws RunFolderError that names the line before the checkpoint that can't be read, is missing or out of order
 */
export function keptOf(folder: string, name: string, { through, steps }: LineRules): Kept {
  let [bytes, number] = [0, 0];
  let last: number | null = null;
  let cut: string | null = null;
  const refuse = (fault: string): never => {
    throw new RunFolderError(join(folder, name), `${fault}; ${wayOut}`);
  };
  for (const { text, end, isWhole } of linesOf(folder, name)) {
    number += 1;
    const step = isWhole ? stepOf(text) : Number.NaN;
    if (!(step <= through)) {
      cut ??= Number.isNaN(step) ? `line ${number} can't be read` : `line ${number} is of step ${step}`;
      continue;
    }
    if (cut !== null) refuse(`${cut}, and line ${number} is of step ${step}`);
    if (last !== null && !follows(step, last, steps)) {
      refuse(
        `line ${number} is of step ${step}, behind one of step ${last}: lines are missing or out of order`,
      );
    }
    [last, bytes] = [step, end];
  }
  if (steps === 'each' && number > 0 && (last ?? 0) < through) {
    refuse(
      `${cut ?? `the last line is of step ${last}`}, but expected one of step ${through}, the checkpoint's`,
    );
  }
  return { bytes, isCut: cut !== null };
}

function stepOf(text: string | null): number {
  return Number(fieldsOf(text)?.['step'] ?? Number.NaN);
}

function follows(step: number, last: number, steps: LineRules['steps']): boolean {
  if (steps === 'any') return true;
  return steps === 'each' ? step === last + 1 : step > last;
}

const wayOut = 'put back the file as it was, or remove it to go on without its lines';
