import { Content, type Report } from '../files/index.ts';
import type { Skips } from '../refusals/index.ts';
import { DatasetError } from '../refusals/index.ts';
import type { SkippedPart } from '../shards/index.ts';
import type { UsedFiles } from '../token-dataset.ts';
import type { CheckedSource } from './checked-sources.ts';
import { type DocumentPiece, documentsOf, type ReadingHandlers, type ReadingOptions } from './documents.ts';

/** How many of the files that are odd are named. */
const mostDoubts = 1000;

/** What was read. */
interface ReadFiles {
  /** What is odd about files, at most the first thousand. */
  readonly doubts: readonly SkippedPart[];
  readonly used: UsedFiles;
}

/** What documents are handed to, file by file. */
export interface DocumentTaker {
  /** A file begins. */
  startFile(): Promise<void>;
  /** Takes a part of a document. What refuses a line must leave things as they were before it. */
  take(path: string, piece: DocumentPiece): Promise<void>;
  /** A file has ended: what it gave stays, or is to be forgotten. */
  endFile(isKept: boolean): Promise<void>;
}

/** Hands over the documents of all files in order, and notes files and lines that are skipped. Gives what the others are. */
export async function readSources(
  sources: readonly CheckedSource[],
  options: ReadingOptions,
  report: Report,
  skips: Skips,
  taker: DocumentTaker,
): Promise<ReadFiles> {
  const doubts: SkippedPart[] = [];
  let used: UsedFiles = { files: 0, bytes: 0 };
  const total = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const [index, source] of sources.entries()) {
    const forgetLines = skips.mark();
    await taker.startFile();
    try {
      const handlers = {
        report: (done: number) => report(before + done, total),
        onBadLine: (error: DatasetError, line: number) => skips.note(error, source.path, line),
        onDoubt: (reason: string) => {
          if (doubts.length < mostDoubts) doubts.push({ source: index, line: 0, reason });
        },
      };
      await readSource(source, options, handlers, taker);
      await taker.endFile(true);
      used = { files: used.files + 1, bytes: used.bytes + source.bytes };
    } catch (error) {
      forgetLines();
      skips.note(error, source.path);
      await taker.endFile(false);
    }
    before += source.bytes;
  }
  return { doubts, used };
}

async function readSource(
  source: CheckedSource,
  options: ReadingOptions,
  handlers: ReadingHandlers,
  taker: DocumentTaker,
): Promise<void> {
  const { path } = source;
  const content = await openUnchanged(source);
  try {
    for await (const piece of documentsOf(source, content, options, handlers)) {
      try {
        await taker.take(path, piece);
      } catch (error) {
        if (piece.line === undefined || !(error instanceof DatasetError)) throw error;
        handlers.onBadLine(error, piece.line);
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
