/** What is told of the data before a run: how much it is, whether it is what it seems, what was left out. */
import type { RunData } from './run-data.ts';

/** Whether figures can be set beside published ones. */
export function knownNotes(name: string, { known, path }: RunData): string[] {
  if (known !== null) return [`Data: ${path} is the standard ${known}, by its checksum.`];
  if (!name.startsWith('enwik8')) return [];
  return [`Data: ${path} is not the standard enwik8, so bits must not be set beside those published for it.`];
}

/** What the run learns from, what is odd about it, and what was left out. */
export function dataNotes(data: RunData): string[] {
  const { files, bytes } = data.used;
  const [train, valid] = (['train', 'valid'] as const).map((name) => count(data.split(name).tokens));
  const from = `${count(files)} file${files === 1 ? '' : 's'}, ${count(bytes)} bytes`;
  const what = `Data: ${from}: ${train} tokens to train on, ${valid} to validate on.`;
  return [what, ...doubtNotes(data), ...skippedNotes(data)];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function doubtNotes({ doubts }: RunData): string[] {
  if (doubts.length === 0) return [];
  const wayOut =
    'Their bytes are learned as they are. If they are text of another encoding, convert them (iconv -t UTF-8); ' +
    'if any bytes are meant, --data.anyBytes true says so.';
  return [
    [`Files of the data that are not what text is:`, ...listed(doubts, doubts.length), wayOut].join('\n'),
  ];
}

const namedItems = 10;

/** What was left out, by name as far as there is room, and how much it was. */
function skippedNotes({ skipped, skippedCount }: RunData): string[] {
  if (skippedCount === 0) return [];
  return [
    [`Skipped ${skippedCount} of the data's files or lines:`, ...listed(skipped, skippedCount)].join('\n'),
  ];
}

function listed(items: RunData['skipped'], all: number): string[] {
  const named = items
    .slice(0, namedItems)
    .map(({ path, line, reason }) => `  ${path}${line === undefined ? '' : `, line ${line}`}: ${reason}`);
  return all > named.length ? [...named, `  and ${count(all - named.length)} more`] : named;
}
