/// <reference types="node" />
/** Which library is loaded, and which is refused. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compilerIsThere, libraryIsBuilt, PackageCopy } from './package-copy.ts';

const root = path.join(import.meta.dirname, '../../..');
const fromSource = [
  '--conditions=@sparse-transformers/source',
  '--import',
  path.join(root, 'tools/source.mjs'),
];

let copy: PackageCopy;
beforeEach(() => {
  copy = new PackageCopy();
});
afterEach(() => copy.remove());

const refusal = async (): Promise<Error> => {
  const { createNativeDevice } = await copy.load();
  return createNativeDevice().then(
    () => new Error('it was loaded'),
    (error: Error) => error,
  );
};

describe('a missing library', () => {
  it('is an error that tells where it should be, for which platforms it comes built, and the command that builds it', async () => {
    const { name, message } = await refusal();
    expect(name).toBe('NativeLibraryError');
    expect(message).toContain(copy.library);
    expect(message).toContain('for linux-x64');
    expect(message).toContain(`node ${copy.folder}/build.mjs`);
  });

  it.runIf(libraryIsBuilt)(
    'is not looked for in the working directory or where LD_LIBRARY_PATH points',
    () => {
      const elsewhere = new PackageCopy().takeLibrary();
      const program = `const { createNativeDevice } = await import('${copy.folder}/src/index.ts');
      await createNativeDevice().then(() => console.log('loaded'), (error) => console.log(error.name));`;
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [...fromSource, '--input-type=module', '-e', program],
        {
          cwd: elsewhere.libraryFolder,
          env: { ...process.env, LD_LIBRARY_PATH: elsewhere.libraryFolder },
          encoding: 'utf8',
        },
      );
      elsewhere.remove();
      expect(stdout, stderr).toBe('NativeLibraryError\n');
    },
  );
});

describe.runIf(compilerIsThere)('a library is refused', () => {
  it('if it is of another version, naming both and the command that builds it', async () => {
    copy.compileLibrary('const char *library_version(void) { return "9.8.7+abc"; }');
    expect((await refusal()).message).toMatch(
      /of another version: .* is 9\.8\.7\+abc, and this package needs 0\.0\.0\+[0-9a-f]{12}.* node .*build\.mjs/,
    );
  });

  it('if it is another library', async () => {
    copy.compileLibrary('int something_else(void) { return 1; }');
    expect((await refusal()).message).toMatch(/doesn't load: .*library_version.* node .*build\.mjs/);
  });

  it('if it is none', async () => {
    writeFileSync(copy.library, 'half a downl');
    const { name, message } = await refusal();
    expect(name).toBe('NativeLibraryError');
    expect(message).toMatch(/doesn't load: .* node .*build\.mjs/);
  });
});

describe.runIf(libraryIsBuilt)('the probe', () => {
  const probe = async () => (await copy.load()).probeNativeDevice();

  it('finds what works', async () => {
    copy.takeLibrary();
    expect(await probe()).toMatchObject({ works: true, path: copy.library });
  });

  it('says which file is missing', async () => {
    expect(await probe()).toEqual({ works: false, reason: expect.stringContaining(copy.library) });
  });

  it('says that it is missing itself', async () => {
    copy.takeLibrary();
    rmSync(path.join(copy.libraryFolder, 'probe'));
    expect(await probe()).toEqual({ works: false, reason: expect.stringContaining('ENOENT') });
  });

  describe.runIf(compilerIsThere)('survives a library', () => {
    const version = 'const char *library_version(void) { return "0.0.0+x"; }';
    const variant = 'const char *library_variant(void) { return "plain"; }';

    it('with an instruction that the machine lacks', async () => {
      copy.compileLibrary(
        `${version} ${variant} double kernel_check_plain(const double *a) { __builtin_trap(); }`,
      );
      expect(await probe()).toEqual({ works: false, reason: expect.stringMatching(/SIGILL|SIGTRAP/) });
    });

    it('that crashes while it is loaded', async () => {
      copy.compileLibrary('__attribute__((constructor)) static void crash(void) { *(volatile int *)0 = 1; }');
      expect(await probe()).toEqual({ works: false, reason: expect.stringContaining('SIGSEGV') });
    });

    it('that computes wrong numbers', async () => {
      copy.compileLibrary(`${version} ${variant} double kernel_check_plain(const double *a) { return 1; }`);
      expect(await probe()).toEqual({ works: false, reason: expect.stringContaining('wrong numbers') });
    });

    it('that is another one', async () => {
      copy.compileLibrary('int something_else(void) { return 1; }');
      expect(await probe()).toEqual({ works: false, reason: expect.stringContaining('library_version') });
    });

    it('of another version', async () => {
      const ok = `${variant} double kernel_check_plain(const double *a) { return 0; }`;
      copy.compileLibrary(`const char *library_version(void) { return "9.8.7+abc"; } ${ok}`);
      expect(await probe()).toEqual({ works: false, reason: expect.stringContaining('9.8.7+abc') });
    });
  });
});
