/**
 * The one way into a folder that may come from anywhere. What is opened is a regular file or a folder and lies in the folder itself: no link
 * is followed below it, whose target could be anything of the user's; nothing is waited for, as a pipe or a device would have it; and a file
 * that is written to has no second name elsewhere. The folder's own path is the user's, links and all.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { isNotFound } from '../checkpoints/index.ts';
import { RunFolderError } from './run-folder-error.ts';

/** What is expected under a name. */
export type EntryKind = 'file' | 'folder';

/** Opens a file to read it, to write anywhere in it, or to write behind its end. */
export type OpenMode = 'read' | 'write' | 'append';

/** Windows knows neither; links need a privilege there, and pipes have no names in folders. */
const guards = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The flags to open a file with that was found to be one: whoever swaps it for a link or a pipe meanwhile gains nothing. */
export const openFlags: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | guards,
  write: constants.O_RDWR | guards,
  append: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | guards,
};

/**
 * Looks at a path inside a folder, without opening anything.
 *
 * @param root the folder; it is not looked at itself
 * @param path a path at or below it
 * @param kinds what may be there
 * @returns null if there is nothing
 * @throws RunFolderError, naming the first part of the path that is a link or of another kind, or a path that leads out
 */
export function lookInside(root: string, path: string, ...kinds: readonly EntryKind[]): Stats | null {
  const names = namesBelow(root, path);
  let at = root;
  let facts: Stats | null = null;
  for (const [index, name] of names.entries()) {
    at = join(at, name);
    facts = factsOf(at);
    if (facts === null) return null;
    checkKind(at, facts, index < names.length - 1 ? ['folder'] : kinds);
  }
  return facts;
}

/**
 * Opens a file inside a folder.
 *
 * @param mode with `append`, a missing file is made
 * @returns a file descriptor, the caller's to close; null if there is no such file
 * @throws RunFolderError as {@link lookInside}, also for a file with a second name that is to be written to
 */
export function openInside(root: string, path: string, mode: OpenMode): number | null {
  if (lookInside(root, path, 'file') === null && mode !== 'append') return null;
  const file = openSync(path, openFlags[mode]);
  try {
    checkOpened(path, fstatSync(file), mode);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Refuses an open file that turns out to be none, or to lie elsewhere too where it would be written to. */
export function checkOpened(path: string, facts: Stats, mode: OpenMode): void {
  checkKind(path, facts, ['file']);
  if (mode === 'read' || facts.nlink <= 1) return;
  throw new RunFolderError(
    path,
    'expected a file of its own, but it has another name elsewhere (a hard link), whose content would change with it; put a copy in its place',
  );
}

/**
 * The content of a file inside a folder.
 *
 * @param most bytes that it may have
 * @returns null if there is no such file
 * @throws RunFolderError as {@link openInside}, or for a larger file
 */
export function readInside(root: string, path: string, most: number): Buffer | null {
  const file = openInside(root, path, 'read');
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    if (size > most) throw new RunFolderError(path, `expected at most ${most} bytes; got ${size}`);
    const bytes = Buffer.alloc(size);
    let filled = 0;
    for (let count = -1; filled < size && count !== 0; filled += count) {
      count = readSync(file, bytes, filled, size - filled, filled);
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/**
 * The names in a folder inside a folder.
 *
 * @returns none if there is no such folder
 * @throws RunFolderError as {@link lookInside}
 */
export function listInside(root: string, path: string): string[] {
  lookInside(root, path, 'folder');
  try {
    return readdirSync(path);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function namesBelow(root: string, path: string): string[] {
  const names = relative(resolve(root), resolve(path)).split(sep);
  if (names[0] === '') return [];
  if (names[0] === '..' || resolve(root, ...names) !== resolve(path)) {
    throw new RunFolderError(path, `expected a path inside ${root}`);
  }
  return names;
}

function factsOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function checkKind(path: string, facts: Stats, kinds: readonly EntryKind[]): void {
  const found = kindOf(facts);
  if (kinds.some((kind) => kind === found)) return;
  const expected = kinds.map((kind) => (kind === 'file' ? 'a regular file' : 'a folder')).join(' or ');
  throw new RunFolderError(
    path,
    `expected ${expected}, got ${found === 'file' || found === 'folder' ? `a ${found}` : found}; ` +
      'nothing but the files and folders that a run makes belongs there: put back what was there, or remove it',
  );
}

function kindOf(facts: Stats): EntryKind | 'a link' | 'a pipe' | 'a socket' | 'a device' {
  if (facts.isFile()) return 'file';
  if (facts.isDirectory()) return 'folder';
  if (facts.isSymbolicLink()) return 'a link';
  if (facts.isFIFO()) return 'a pipe';
  return facts.isSocket() ? 'a socket' : 'a device';
}
