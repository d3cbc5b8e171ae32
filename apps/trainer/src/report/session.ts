/** `sessions.jsonl`: where and with what a run was begun and gone on with, for whoever looks at it later. */
import type { SkippedItem } from '@sparse-transformers/datasets';
import type { Engine } from '@sparse-transformers/engines';
import { libraries, machine } from '../doctor/index.ts';
import { fieldsOf, linesOf } from '../run-folder/index.ts';
import { readVersion } from '../version.ts';

/** The file's name in the folder of a run. */
export const sessionFile = 'sessions.jsonl';

/** A process that worked on a run. Plain facts, ready to be shown. */
export interface Session {
  /** Steps taken when it began. */
  readonly step: number;
  /** When it began, in ISO 8601. */
  readonly time: string;
  /** Names and values to show, in order. */
  readonly facts: Readonly<Record<string, string>>;
  /** Files, and lines of files, that were left out of the data by choice: how many, and the first of them. */
  readonly skipped: SkippedCount;
}

/** How much was left out. */
export interface SkippedCount {
  /** Files and lines. */
  readonly count: number;
  /** The first of them. */
  readonly first: readonly SkippedItem[];
}

/** What a session is described from. */
export interface SessionSource {
  /** Steps taken. */
  readonly step: number;
  /** The engine at work. */
  readonly started: Pick<Engine, 'name' | 'description' | 'threads'>;
  /** What was left out of the data. */
  readonly skipped: readonly SkippedItem[];
}

const mostSkipped = 100;

/** The line of `sessions.jsonl` for a run that begins or goes on now. */
export function sessionLine({ step, started, skipped }: SessionSource): string {
  const session: Session = {
    step,
    time: new Date().toISOString(),
    facts: factsOf(started),
    skipped: { count: skipped.length, first: skipped.slice(0, mostSkipped) },
  };
  return `${JSON.stringify(session)}\n`;
}

/** The newest sessions of a run, at most so many, oldest first; and how many lines are none. */
export function readSessions(folder: string, most: number): { sessions: Session[]; brokenLines: number } {
  const sessions: Session[] = [];
  let brokenLines = 0;
  for (const { text } of linesOf(folder, sessionFile)) {
    const session = parsed(text);
    if (session === null) brokenLines += 1;
    else sessions.push(session);
    if (sessions.length > most) sessions.shift();
  }
  return { sessions, brokenLines };
}

function factsOf({ name, description, threads }: SessionSource['started']): Record<string, string> {
  const { node, platform, processor, usableCores, memory } = machine();
  const versions = libraries()
    .filter(({ version }) => version !== null)
    .map((library) => [library.name, library.version!]);
  return {
    engine: `${name}: ${description}`,
    threads: String(threads),
    processor: `${processor}, ${usableCores} cores`,
    memory: `${(memory / 2 ** 30).toFixed(1)} GiB`,
    platform,
    node,
    'sparse-train': readVersion(),
    ...Object.fromEntries(versions),
  };
}

/** Whatever a line holds, as far as it is a session. */
function parsed(line: string | null): Session | null {
  const { step, time, facts, skipped } = fieldsOf(line) ?? {};
  if (typeof step !== 'number' || typeof time !== 'string') return null;
  return { step, time, facts: textsOf(facts), skipped: skippedOf(Object(skipped)) };
}

function textsOf(facts: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(Object(facts)).map(([name, value]) => [name, String(value)]));
}

function skippedOf({ count, first }: { count?: unknown; first?: unknown }): Session['skipped'] {
  const items = Array.isArray(first) ? first.slice(0, mostSkipped) : [];
  return {
    count: typeof count === 'number' ? count : items.length,
    first: items
      .map(Object)
      .map(({ path, line, reason }: { path?: unknown; line?: unknown; reason?: unknown }) => ({
        path: String(path),
        ...(typeof line === 'number' ? { line } : {}),
        reason: String(reason),
      })),
  };
}
