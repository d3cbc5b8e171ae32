/// <reference types="node" />
/** Which library is loaded, and which is refused. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomFrom } from '@sparse-transformers/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealOf } from '../seal.mjs';
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
    const text = 'no machine runs this';
    writeFileSync(copy.library, text + sealOf(Buffer.from(text)));
    const { name, message } = await refusal();
    expect(name).toBe('NativeLibraryError');
    expect(message).toMatch(/doesn't load: .* node .*build\.mjs/);
  });

  it('if it can not be read', async () => {
    mkdirSync(copy.library);
    expect((await refusal()).message).toMatch(/can't be read: EISDIR.* node .*build\.mjs/);
  });
});

describe.runIf(libraryIsBuilt)('a damaged library is refused before it is loaded', () => {
  /** In this process: what the system loads of such a file ends it by a bus error. */
  const expectRefused = async (what: string, bytes: Uint8Array) => {
    writeFileSync(copy.library, bytes);
    const { createNativeDevice, probeNativeDevice } = await copy.load();
    const error = await createNativeDevice().catch((thrown: Error) => thrown);
    expect(error, what).toMatchObject({
      name: 'NativeLibraryError',
      message: expect.stringMatching(/is damaged: the \d+ bytes of .*libsparse-kernels.* node .*build\.mjs$/),
    });
    expect(probeNativeDevice(), what).toEqual({
      works: false,
      problem: 'broken',
      reason: (error as Error).message,
    });
  };
  let whole: Buffer;
  beforeEach(() => {
    whole = readFileSync(copy.takeLibrary().library);
  });

  it('wherever it was cut off', async () => {
    const special = [0, 1, 16, 63, 64, 4095, 4096, 65536, -4096, -87, -86, -85, -64, -1];
    const random = randomFrom(3).integers(20, whole.length);
    for (const length of [...special.map((at) => (at < 0 ? whole.length + at : at)), ...random])
      await expectRefused(`the first ${length} bytes`, whole.subarray(0, length));
  });

  it('whichever bits were turned, in its headers, its code or its seal', async () => {
    const random = randomFrom(4);
    const places = [...random.integers(20, whole.length), ...random.integers(10, 1024)];
    for (const place of [
      ...places,
      ...Array.from(random.integers(5, 86), (back) => whole.length - 1 - back),
    ]) {
      const turned = Buffer.from(whole);
      turned[place]! ^= 1 << random.integers(1, 8)[0]!;
      await expectRefused(`byte ${place}`, turned);
    }
  });

  it('with bytes behind its end, or bytes of zeros in it', async () => {
    await expectRefused('a byte more', Buffer.concat([whole, Buffer.from([0])]));
    await expectRefused('a page of zeros', Buffer.from(whole).fill(0, 8192, 12288));
  });
});

describe.runIf(libraryIsBuilt)('the probe', () => {
  const probe = async () => (await copy.load()).probeNativeDevice();

  it('finds what works', async () => {
    copy.takeLibrary();
    expect(await probe()).toMatchObject({ works: true, path: copy.library });
  });

  it('says which file is missing', async () => {
    expect(await probe()).toEqual({
      works: false,
      problem: 'missing',
      reason: expect.stringContaining(copy.library),
    });
  });

  it('says that it is missing itself', async () => {
    copy.takeLibrary();
    rmSync(path.join(copy.libraryFolder, 'probe'));
    expect(await probe()).toEqual({
      works: false,
      problem: 'broken',
      reason: expect.stringContaining('ENOENT'),
    });
  });

  describe.runIf(compilerIsThere)('survives a library', () => {
    const version = 'const char *library_version(void) { return "0.0.0+x"; }';
    const variant = 'const char *library_variant(void) { return "plain"; }';

    it('with an instruction that the machine lacks', async () => {
      copy.compileLibrary(
        `${version} ${variant} double kernel_check_plain(const double *a) { __builtin_trap(); }`,
      );
      expect(await probe()).toEqual({
        works: false,
        problem: 'broken',
        reason: expect.stringMatching(/SIGILL|SIGTRAP/),
      });
    });

    it('that crashes while it is loaded', async () => {
      copy.compileLibrary('__attribute__((constructor)) static void crash(void) { *(volatile int *)0 = 1; }');
      expect(await probe()).toEqual({
        works: false,
        problem: 'broken',
        reason: expect.stringContaining('SIGSEGV'),
      });
    });

    it('that computes wrong numbers', async () => {
      copy.compileLibrary(`${version} ${variant} double kernel_check_plain(const double *a) { return 1; }`);
      expect(await probe()).toEqual({
        works: false,
        problem: 'broken',
        reason: expect.stringContaining('wrong numbers'),
      });
    });

    it('that is another one', async () => {
      copy.compileLibrary('int something_else(void) { return 1; }');
      expect(await probe()).toEqual({
        works: false,
        problem: 'broken',
        reason: expect.stringContaining('library_version'),
      });
    });

    it('of another version', async () => {
      const ok = `${variant} double kernel_check_plain(const double *a) { return 0; }`;
      copy.compileLibrary(`const char *library_version(void) { return "9.8.7+abc"; } ${ok}`);
      expect(await probe()).toEqual({
        works: false,
        problem: 'broken',
        reason: expect.stringContaining('9.8.7+abc'),
      });
    });
  });
});
