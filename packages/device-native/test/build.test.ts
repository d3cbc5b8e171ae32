/// <reference types="node" />
/** What build.mjs promises, tried on a copy with few kernels. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilerIsThere, PackageCopy } from './package-copy.ts';

const kept = /\.h$|^(holdings|library|pool|check)\.c$/;

describe.runIf(compilerIsThere)('build.mjs', () => {
  const copy = new PackageCopy();
  beforeAll(() => {
    for (const file of readdirSync(path.join(copy.folder, 'c')))
      if (!kept.test(file)) rmSync(path.join(copy.folder, 'c', file));
  });
  afterAll(() => copy.remove());

  const build = (environment: Record<string, string> = {}, ...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['build.mjs', ...words], {
      cwd: copy.folder,
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };
  const identity = () => statSync(copy.library).ino;

  it('builds a library that works', async () => {
    expect(build()).toMatchObject({ status: 0, said: expect.stringContaining(copy.library) });
    const { probeNativeDevice } = await copy.load();
    expect(probeNativeDevice()).toMatchObject({ works: true });
  });

  it('leaves nothing else behind', () => {
    expect(readdirSync(copy.libraryFolder).sort()).toEqual([
      'built-from.json',
      'libsparse-kernels.so',
      'probe',
    ]);
  });

  it('does nothing when nothing has changed', () => {
    const before = identity();
    expect(build().said).toContain('is up to date');
    expect(identity()).toBe(before);
  });

  it('keeps the old library when a source has a mistake, and says which', () => {
    const before = identity();
    const file = path.join(copy.folder, 'c', 'a-mistake.c'); // compiled first
    appendFileSync(file, 'this is no C\n');
    expect(build()).toMatchObject({ status: 1, said: expect.stringContaining('a-mistake.c:1') });
    expect(build({}, '--if-possible').status).toBe(0);
    rmSync(file);
    expect(identity()).toBe(before);
  });

  it('puts a new file in the place of the old one when a source has changed, so that who runs the old one keeps it', () => {
    const before = identity();
    appendFileSync(path.join(copy.folder, 'c', 'check.c'), '// another line\n');
    expect(build().status).toBe(0);
    expect(identity()).not.toBe(before);
  });

  it('says what is missing when the compiler is', () => {
    const { status, said } = build({ CC: 'no-such-compiler' });
    expect(status).toBe(1);
    expect(said).toMatch(/no-such-compiler, doesn't run.*apt-get install gcc/);
  });

  it('takes a missing compiler for no error with --if-possible, and says so in one line', () => {
    const { status, said } = build({ CC: 'no-such-compiler' }, '--if-possible');
    expect(status).toBe(0);
    expect(said.trim().split('\n')).toHaveLength(1);
  });
});
