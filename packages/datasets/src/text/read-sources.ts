import { Content, type Report } from '../content.ts';
import { DatasetError } from '../errors.ts';
import type { Skips } from '../skips.ts';
import type { CheckedSource } from './checked-sources.ts';
import { type DocumentPiece, documentsOf, type ReadingOptions } from './documents.ts';

/** What documents are handed to, file by file. */
export interface DocumentTaker {
  /** A file begins. */
  startFile(): Promise<void>;
  /** Takes a part of a document. What refuses a line must leave things as they were before it. */
  take(path: string, piece: DocumentPiece): Promise<void>;
  /** A file has ended: what it gave stays, or is to be forgotten. */
  endFile(isKept: boolean): Promise<void>;
}

/** Hands over the documents of all files in order, and notes files and lines that are skipped. */
export async function readSources(
  sources: readonly CheckedSource[],
  options: ReadingOptions,
  report: Report,
  skips: Skips,
  taker: DocumentTaker,
): Promise<void> {
  const total = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const source of sources) {
    const forgetLines = skips.mark();
    await taker.startFile();
    try {
      await readSource(source, options, (done) => report(before + done, total), skips, taker);
      await taker.endFile(true);
    } catch (error) {
      forgetLines();
      skips.note(error, source.path);
      await taker.endFile(false);
    }
    before += source.bytes;
  }
}

async function readSource(
  source: CheckedSource,
  options: ReadingOptions,
  report: Report,
  skips: Skips,
  taker: DocumentTaker,
): Promise<void> {
  const { path } = source;
  const content = await openUnchanged(source);
  const onBadLine = (error: DatasetError, line: number): void => skips.note(error, path, line);
  try {
    for await (const piece of documentsOf(source, content, options, { report, onBadLine })) {
      try {
        await taker.take(path, piece);
      } catch (error) {
        if (piece.line === undefined) throw error;
        skips.note(error, path, piece.line);
      }
    }
  } finally {
    await content.close();
  }
}

/** The file as it was when its checksum was taken; `Content` sees to it that it stays so while it is read. */
async function openUnchanged({ path, known }: CheckedSource): Promise<Content> {
  const content = await Content.open(path, () => {}, 0, known);
  if (content.sha256 === known.sha256) return content;
  await content.close();
  throw new DatasetError(
    'changed',
    `read ${path}: expected the content that its checksum was taken of, but the file changed; open it again when it is at rest`,
  );
}
