/**
 * A lock against a second writer in a run's folder: the file `run.lock`, which names its holder and is held open by it, locked by the system.
 * A holder that was killed leaves the file behind, and the system's lock on it goes: so the next one knows that nobody holds it. A number of
 * a process proves nothing: two containers of one host name may both be process 1. Where the system's locks can't prove it (another machine
 * that shares the disk, or a system whose locks can't be reached), a lock that was left behind is refused, with the file to remove.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isNotFound } from '../checkpoints/index.ts';
import { openInside } from './inside-folder.ts';
import { bootId, isOnLocalDisk, systemLock } from './system-lock.ts';

/** Who holds a lock. */
export interface LockHolder {
  /** The process id. */
  readonly pid: number;
  /** The name of the host that the process runs on. */
  readonly host: string;
  /** When the lock was taken, in the ISO form of UTC. */
  readonly since: string;
  /** Names the running system that it was taken on, down to its start; null where it can't be told. */
  readonly boot: string | null;
  /** Whether the system holds the file locked as long as the process lives. */
  readonly isHeldBySystem: boolean;
}

/** A lock that this process holds. */
export interface RunLock {
  /** The lock's file. */
  readonly path: string;
  /** The process that is gone and whose lock was taken over, for a line to the user; null if there was none. */
  readonly takenOver: LockHolder | null;
  /** Gives the lock back; further calls do nothing. Called by itself when the process exits. */
  release(): void;
}

/** Another process writes to the run, or may do so. The message names it and the way out. */
export class RunLockedError extends Error {
  /** The name of this class. */
  override readonly name = 'RunLockedError';
  /** The lock's file. */
  readonly path: string;
  /** Who holds it; null if the file does not say. */
  readonly holder: LockHolder | null;
  /** The message without the function's name: the state of things, and the way out. */
  readonly fact: string;

  /**
   * @param path the lock's file
   * @param holder who holds it, if known
   * @param fact the state of things, and the way out
   */
  constructor(path: string, holder: LockHolder | null, fact: string) {
    super(`lockRun: ${fact}`);
    this.fact = fact;
    this.path = path;
    this.holder = holder;
  }
}

const mostBytes = 4096;

/**
 * Locks a run's folder, which must exist, against other processes and against this one. The lock is given back when the
 * process ends, and may be given back earlier.
 *
 * @param folder the folder of the run
 * @returns the lock; `takenOver` says whose it was, if its holder is proved to be gone
 * @throws RunLockedError, naming the process and the way out, if the holder lives, or can't be proved to be gone;
 *   RunFolderError if `run.lock` is no file
 */
export function lockRun(folder: string): RunLock {
  const path = join(realpathSync(folder), 'run.lock');
  const own = `${path}.${randomUUID()}`;
  const file = openSync(own, 'wx', 0o644);
  try {
    writeSync(file, ownText(systemLock()?.(file) === true));
    const takenOver = putInPlace(own, path);
    return { path, takenOver, release: releaseOf(path, file) };
  } catch (error) {
    closeSync(file);
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function releaseOf(path: string, file: number): () => void {
  const own = lstatSync(path);
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    process.off('exit', release);
    if (isStill(path, own)) rmSync(path, { force: true });
    closeSync(file);
  };
  process.on('exit', release);
  return release;
}

/**
 * Gives a file that is written and locked already its second name: nobody ever sees a lock that is not held or does not say by whom. Gives
 * the holder whose lock had to go for it.
 */
function putInPlace(own: string, path: string): LockHolder | null {
  let takenOver: LockHolder | null = null;
  for (;;) {
    if (isPlaced(own, path)) return takenOver;
    takenOver = removeLeft(path) ?? takenOver;
  }
}

const withoutLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/** False if there is such a file. */
function isPlaced(own: string, path: string): boolean {
  try {
    linkSync(own, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!withoutLinks.includes(codeOf(error))) throw error;
    // A disk whose files have one name only. The lock is the name alone there, and says so.
    return isMade(path);
  }
  return true;
}

function isMade(path: string): boolean {
  try {
    writeFileSync(path, ownText(false), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Removes a lock whose holder is proved to be gone, and gives the holder; null if the lock was given back meanwhile. */
function removeLeft(path: string): LockHolder | null {
  const file = openInside(join(path, '..'), path, 'read');
  if (file === null) return null;
  try {
    const isFree = systemLock()?.(file) ?? null;
    const text = readText(file);
    const holder = readHolder(text);
    if (!isStill(path, fstatSync(file))) return null;
    if (!isFree || !holder?.isHeldBySystem || !isSameSystem(path, holder))
      throw lockedError(path, holder, isFree);
    // Only who has the lock of a file takes away its name.
    rmSync(path, { force: true });
    return holder;
  } finally {
    closeSync(file);
  }
}

/** Whether a free lock here is a free lock there: on the same running system, or on an earlier one, which ended when this one began. */
function isSameSystem(path: string, { boot, host }: LockHolder): boolean {
  const own = bootId();
  if (own === null || boot === null) return own === boot && host === hostname();
  return own === boot || isOnLocalDisk(join(path, '..'));
}

/** Whether a path still names a file. */
function isStill(path: string, file: Stats): boolean {
  try {
    const { dev, ino } = lstatSync(path);
    return dev === file.dev && ino === file.ino;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function ownText(isHeldBySystem: boolean): string {
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    boot: bootId(),
    isHeldBySystem,
  };
  return JSON.stringify(holder);
}

function readText(file: number): string {
  const bytes = Buffer.alloc(mostBytes);
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, mostBytes, 0));
}

/** Null for what names no process. It may come from anywhere, and goes into messages. */
function readHolder(text: string): LockHolder | null {
  const fields =
    /^\{"pid":([1-9]\d{0,9}),"host":"([^"\\\p{Cc}]{1,253})","since":"([-\d:.TZ]{1,30})"(?:,"boot":(null|"[-0-9a-f]{36}"),"isHeldBySystem":(true|false))?\}$/u.exec(
      text,
    );
  if (fields === null) return null;
  const [, pid, host, since, boot = 'null', isHeldBySystem] = fields;
  return {
    pid: Number(pid),
    host: host!,
    since: since!,
    boot: boot === 'null' ? null : boot.slice(1, -1),
    isHeldBySystem: isHeldBySystem === 'true',
  };
}

/** @param isFree false if the system says that somebody has it */
function lockedError(path: string, holder: LockHolder | null, isFree: boolean | null): RunLockedError {
  if (holder === null) {
    const message = `${path} exists but does not say who holds it. If no process writes to this run, remove the file.`;
    return new RunLockedError(path, null, message);
  }
  const who = `process ${holder.pid} on ${holder.host}`;
  const message =
    isFree === false
      ? `${who} writes to this run since ${holder.since}. Wait for it, stop it, or write to another folder.`
      : `${who} writes to this run since ${holder.since}, or has left ${path} behind: from here nobody can know. ` +
        'Wait for it, stop it, or write to another folder; if it is gone, remove that file.';
  return new RunLockedError(path, holder, message);
}
