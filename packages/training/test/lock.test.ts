import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

const since = '2026-01-02T03:04:05.678Z';
const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

/** What a process that had the system's lock leaves when it is killed. */
const left = (more: object = {}) =>
  JSON.stringify({ pid: 4242, host: hostname(), since, boot, isHeldBySystem: true, ...more });

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

  it('refuses a second lock of the same process', () => {
    lock = lockRun(run);
    expect(() => lockRun(run)).toThrow(`process ${process.pid} on`);
  });

  it('refuses a second lock of the same process by another path', () => {
    lock = lockRun(run);
    symlinkSync(run, join(run, 'alias'));
    expect(() => lockRun(join(run, 'alias'))).toThrow(RunLockedError);
  });

  it('takes over a lock that nobody holds, and says whose it was', () => {
    writeFileSync(path, left());
    lock = lockRun(run);
    expect(lock.takenOver).toMatchObject({ pid: 4242, host: hostname(), since });
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    expect(readdirSync(run)).toEqual(['run.lock']);
  });

  it('takes over one of an earlier start of this system, whose disk nobody else has', () => {
    writeFileSync(path, left({ boot: '00000000-0000-0000-0000-000000000000' }));
    lock = lockRun(run);
    expect(lock.takenOver?.pid).toBe(4242);
  });

  it.each([
    ['that the system never held', { isHeldBySystem: false }],
    ['of another system that is none that we know of', { host: 'elsewhere', boot: null }],
  ])('refuses a lock %s: its process may live, whatever its number', (_, more) => {
    writeFileSync(path, left(more));
    const error = refusal();
    expect(error.holder).toMatchObject({ pid: 4242 });
    expect(error.message).toContain('process 4242 on');
    expect(error.message).toContain(`nobody can know`);
    expect(error.message).toContain(`remove that file`);
    expect(readFileSync(path, 'utf8')).toBe(left(more));
    expect(readdirSync(run)).toEqual(['run.lock']);
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
    rmSync(path);
    writeFileSync(path, left());
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe(left());
  });

  it('leaves no listener behind', () => {
    const before = process.listenerCount('exit');
    const own = lockRun(run);
    own.release();
    own.release();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('is released when the process exits, whatever the reason', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...loader, '-e', program('throw new Error("stop");')],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('true\n');
    expect(stderr).toContain('Error: stop');
    expect(existsSync(path)).toBe(false);
  });

  it('tells a living process from a dead one of the same number, as two containers have', async () => {
    const number = `Object.defineProperty(process, 'pid', { value: ${process.pid} });`;
    const child = spawn(process.execPath, [
      ...loader,
      '-e',
      `${number}${program('setInterval(() => {}, 1e6);')}`,
    ]);
    await once(child.stdout, 'data');
    const content = readFileSync(path, 'utf8');
    expect(refusal().message).toContain(`process ${process.pid} on ${hostname()} writes to this run since`);
    expect(readFileSync(path, 'utf8')).toBe(content);
    child.kill('SIGKILL');
    await once(child, 'close');
    lock = lockRun(run);
    expect(lock.takenOver?.pid).toBe(process.pid);
  });

  it('needs the folder to be there', () => {
    expect(() => lockRun(join(run, 'nowhere'))).toThrow('ENOENT');
  });
});

describe('lockRun where the system has no locks', () => {
  it('holds by the name of the file alone, says so, and never takes over what is left', async () => {
    vi.resetModules();
    vi.doMock('../src/run-folder/system-lock.ts', () => ({ systemLock: () => null, bootId: () => boot }));
    const { lockRun: lockByName } = await import('../src/run-folder/lock.ts');
    vi.doUnmock('../src/run-folder/system-lock.ts');
    lock = lockByName(run);
    expect(JSON.parse(readFileSync(path, 'utf8')).isHeldBySystem).toBe(false);
    expect(() => lockByName(run)).toThrow('nobody can know');
    // Nor does another process that could lock the file.
    expect(() => lockRun(run)).toThrow('nobody can know');
    lock.release();
    expect(readdirSync(run)).toEqual([]);
    writeFileSync(path, left());
    expect(() => lockByName(run)).toThrow('nobody can know');
  });
});

const loader = ['--import', 'tsx', '--input-type=module'];

/** Locks the run, says whether that is there, and does what is told. */
function program(then: string): string {
  const source = fileURLToPath(new URL('../src/run-folder/lock.ts', import.meta.url));
  return `
    import { existsSync } from 'node:fs';
    import { lockRun } from ${JSON.stringify(source)};
    console.log(existsSync(lockRun(${JSON.stringify(run)}).path));
    ${then}`;
}
