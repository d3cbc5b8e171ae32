/**
 * A lock against a second writer in a run's folder: the file `run.lock`, made by an exclusive create, names its holder. A
 * holder that was killed leaves it behind; it is taken over when the process is known to be gone, which can be known only
 * on the same host.
 */
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who holds a lock. */
export interface LockHolder {
  /** The process id. */
  readonly pid: number;
  /** The name of the host that the process runs on. */
  readonly host: string;
  /** When the lock was taken, in the ISO form of UTC. */
  readonly since: string;
}

/** A lock that this process holds. */
export interface RunLock {
  /** The lock's file. */
  readonly path: string;
  /** The dead process whose lock was taken over, for a line to the user; null if there was none. */
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

  /**
   * @param path the lock's file
   * @param holder who holds it, if known
   * @param message the state of things, and the way out
   */
  constructor(path: string, holder: LockHolder | null, message: string) {
    super(`lockRun: ${message}`);
    this.path = path;
    this.holder = holder;
  }
}

/** Locks held by this process: its own id in a file may also be that of an earlier process. */
const held = new Set<string>();

/**
 * Locks a run's folder, which must exist, against other processes and against this one. The lock is given back when the
 * process exits, and may be given back earlier.
 *
 * @param folder the folder of the run
 * @returns the lock; `takenOver` says whose it was, if its holder died on this host
 * @throws RunLockedError, naming the process and the way out, if the holder lives, runs on another host, or can't be made out
 */
export function lockRun(folder: string): RunLock {
  const path = join(realpathSync(folder), 'run.lock');
  const own = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
  let takenOver: LockHolder | null = null;
  if (!create(path, own)) {
    takenOver = removeStale(path);
    if (!create(path, own)) throw lockedError(path, readHolder(read(path)));
  }
  held.add(path);
  const release = () => {
    process.off('exit', release);
    if (held.delete(path) && read(path) === own) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return { path, takenOver, release };
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes away a dead process's lock; gives its holder, or null if the lock was given back meanwhile. */
function removeStale(path: string): LockHolder | null {
  const content = read(path);
  if (content === null) return null;
  const holder = readHolder(content);
  if (holder === null || !isDead(path, holder)) throw lockedError(path, holder);
  // Of two processes that find the same dead holder, only one can rename its file away.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    throw lockedError(path, readHolder(read(path)));
  }
  const isOurs = read(aside) === content;
  if (!isOurs) create(path, read(aside) ?? '');
  rmSync(aside, { force: true });
  if (!isOurs) throw lockedError(path, readHolder(read(path)));
  return holder;
}

function isDead(path: string, { pid, host }: LockHolder): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !held.has(path);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function readHolder(content: string | null): LockHolder | null {
  const fields =
    /^\{"pid":([1-9]\d{0,9}),"host":"([^"\\\p{Cc}]{1,253})","since":"([-\d:.TZ]{1,30})"\}$/u.exec(
      content ?? '',
    );
  if (fields === null) return null;
  return { pid: Number(fields[1]), host: fields[2]!, since: fields[3]! };
}

function lockedError(path: string, holder: LockHolder | null): RunLockedError {
  if (holder === null) {
    const message = `${path} exists but does not say who holds it. If no process writes to this run, remove the file.`;
    return new RunLockedError(path, null, message);
  }
  const { pid, host, since } = holder;
  const message =
    `process ${pid} on ${host} writes to this run since ${since}. Wait for it, stop it, or write to another folder; ` +
    `if that process is something else by now, remove ${path}.`;
  return new RunLockedError(path, holder, message);
}
