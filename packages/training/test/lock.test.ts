import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockRun, type RunLock, RunLockedError } from '../src/index.ts';

let run = '';
let path = '';
let lock: RunLock | null = null;

beforeEach(() => {
  run = realpathSync(mkdtempSync(join(tmpdir(), 'lock-')));
  path = join(run, 'run.lock');
});

afterEach(() => {
  lock?.release();
  lock = null;
  rmSync(run, { recursive: true, force: true });
});

/** The id of a process that has come to its end. */
const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

const since = '2026-01-02T03:04:05.678Z';
const content = (pid: number, host = hostname()) => JSON.stringify({ pid, host, since });

/** The error of trying to lock. */
function refusal(folder = run): RunLockedError {
  try {
    lock = lockRun(folder);
  } catch (error) {
    if (error instanceof RunLockedError) return error;
    throw error;
  }
  throw new Error('locked');
}

describe('lockRun', () => {
  it('writes who holds the run', () => {
    lock = lockRun(run);
    expect(lock).toMatchObject({ path, takenOver: null });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  });

  it('refuses a live process, naming it and the way out', () => {
    writeFileSync(path, content(process.ppid));
    const error = refusal();
    expect(error.holder).toEqual({ pid: process.ppid, host: hostname(), since });
    expect(error.message).toBe(
      `lockRun: process ${process.ppid} on ${hostname()} writes to this run since ${since}. Wait for it, stop it, or ` +
        `write to another folder; if that process is something else by now, remove ${path}.`,
    );
    expect(readFileSync(path, 'utf8')).toBe(content(process.ppid));
  });

  it('refuses a second lock of the same process', () => {
    lock = lockRun(run);
    expect(() => lockRun(run)).toThrow(`process ${process.pid} on`);
  });

  it('refuses a second lock of the same process by another path', () => {
    lock = lockRun(run);
    symlinkSync(run, join(run, 'alias'));
    expect(() => lockRun(join(run, 'alias'))).toThrow(RunLockedError);
  });

  it('takes over the lock of a dead process on this host, and says whose it was', () => {
    const pid = deadPid();
    writeFileSync(path, content(pid));
    lock = lockRun(run);
    expect(lock.takenOver).toEqual({ pid, host: hostname(), since });
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    expect(existsSync(`${path}.${process.pid}`)).toBe(false);
  });

  it('takes over a lock with its own process id that it does not hold', () => {
    writeFileSync(path, content(process.pid));
    lock = lockRun(run);
    expect(lock.takenOver?.pid).toBe(process.pid);
  });

  it('refuses a process of another host, which may live', () => {
    writeFileSync(path, content(deadPid(), 'elsewhere'));
    expect(refusal().message).toContain('on elsewhere writes to this run');
  });

  it.each([
    '',
    '{',
    'null',
    '{"pid":-1}',
    '{"pid":0,"host":"x","since":"1"}',
    '{"pid":1,"host":"\\x","since":"1"}',
  ])('refuses a lock that reads %j, and says how to go on', (text) => {
    writeFileSync(path, text);
    const error = refusal();
    expect(error.holder).toBeNull();
    expect(error.message).toContain('If no process writes to this run, remove the file.');
  });

  it('is free again after a release', () => {
    lockRun(run).release();
    expect(existsSync(path)).toBe(false);
    lock = lockRun(run);
    expect(lock.takenOver).toBeNull();
  });

  it('does not remove the lock of another process when released', () => {
    lock = lockRun(run);
    writeFileSync(path, content(process.ppid));
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe(content(process.ppid));
  });

  it('leaves no listener behind', () => {
    const before = process.listenerCount('exit');
    const own = lockRun(run);
    own.release();
    own.release();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('is released when the process exits, whatever the reason', () => {
    const source = fileURLToPath(new URL('../src/lock.ts', import.meta.url));
    const program = `
      import { existsSync } from 'node:fs';
      import { lockRun } from ${JSON.stringify(source)};
      console.log(existsSync(lockRun(${JSON.stringify(run)}).path));
      throw new Error('stop');`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(child.stdout).toBe('true\n');
    expect(child.stderr).toContain('Error: stop');
    expect(existsSync(path)).toBe(false);
  });

  it('needs the folder to be there', () => {
    expect(() => lockRun(join(run, 'nowhere'))).toThrow('ENOENT');
  });
});
