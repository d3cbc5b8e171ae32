/// <reference types="node" />
/** What build.mjs promises, tried on a copy with few kernels. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilerIsThere, PackageCopy } from './package-copy.ts';

const kept = /\.h$|^(holdings|library|pool|check)\.c$/;

describe.runIf(compilerIsThere)('build.mjs', () => {
  const copy = new PackageCopy();
  beforeAll(() => {
    for (const file of readdirSync(copy.sources)) if (!kept.test(file)) rmSync(path.join(copy.sources, file));
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
      'objects',
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
    const file = path.join(copy.sources, 'a-mistake.c'); // compiled first
    appendFileSync(file, 'this is no C\n');
    expect(build()).toMatchObject({ status: 1, said: expect.stringContaining('a-mistake.c:1') });
    expect(build({}, '--if-possible').status).toBe(0);
    rmSync(file);
    expect(identity()).toBe(before);
  });

  it('puts a new file in the place of the old one when a source has changed, so that who runs the old one keeps it', () => {
    const before = identity();
    appendFileSync(path.join(copy.sources, 'check.c'), '// another line\n');
    expect(build().status).toBe(0);
    expect(identity()).not.toBe(before);
  });

  it('compiles only what has changed, be it a header, and keeps no old objects', () => {
    const log = path.join(copy.folder, 'compiled.txt');
    const compiler = path.join(copy.folder, 'logging-cc');
    writeFileSync(compiler, `#!/bin/sh\necho "$@" >> ${log}\nexec cc "$@"\n`, { mode: 0o755 });
    const compiled = () => {
      rmSync(log, { force: true });
      expect(build({ CC: compiler }).status).toBe(0);
      const sources = [...readFileSync(log, 'utf8').matchAll(/-c (\S+)/g)].map(([, source]) => source!);
      return [...new Set(sources)].sort();
    };
    const change = (file: string) => appendFileSync(path.join(copy.sources, file), '// another line\n');
    change('check.c');
    // The library's version is a hash of all sources.
    expect(compiled()).toEqual(['check.c', 'library.c']);
    change('holdings.h');
    expect(compiled()).toEqual(['holdings.c', 'library.c']);
    change('kernel.h');
    expect(compiled()).toEqual(['check.c', 'library.c']);
    const copies = readdirSync(path.join(copy.libraryFolder, 'objects')).map((name) =>
      name.split('.').slice(0, 3),
    );
    expect(new Set(copies.map(String)).size).toBe(copies.length);
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
