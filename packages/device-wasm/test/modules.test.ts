/** Which module runs where. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWasmDevice } from '../src/index.ts';
import { chooseBuild, loadModule } from '../src/modules.ts';

afterEach(() => vi.unstubAllGlobals());

const folder = new URL('../wasm/', import.meta.url);
const nodeVersion = Number(process.versions.node.split('.')[0]);

describe('the choice', () => {
  it('is relaxed SIMD exactly where Node has it, which is from 21 on', () => {
    expect(chooseBuild(1).name).toBe(nodeVersion >= 21 ? 'relaxed' : 'simd');
  });

  it('is a module with threads for more than one', () => {
    expect(chooseBuild(3)).toMatchObject({
      name: expect.stringMatching(/-threads$/),
      threads: 3,
      remark: '',
    });
  });

  it('is one thread, and says why, on a page that must not share memory', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(chooseBuild(3)).toMatchObject({
      name: expect.not.stringMatching(/threads/),
      threads: 1,
      remark: "the page isn't cross-origin isolated",
    });
  });

  it('is one thread where there is no shared memory at all', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(chooseBuild(2).threads).toBe(1);
  });

  it('needs no remark where one thread was asked for', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(chooseBuild(1).remark).toBe('');
  });

  it.each([0, -1, 1.5, Number.NaN, 257])('refuses %s threads', (threads) => {
    expect(() => chooseBuild(threads)).toThrow(
      `threads must be a whole number from 1 to 256; got ${threads}`,
    );
  });
});

describe('the files', () => {
  const kernelsOf = async (file: string) => {
    const module = await WebAssembly.compile(readFileSync(new URL(file, folder)));
    return WebAssembly.Module.exports(module)
      .map(({ name }) => name)
      .filter((name) => name.startsWith('kernel_'))
      .sort();
  };
  const valid = readdirSync(folder).filter((file) => nodeVersion >= 21 || !file.includes('relaxed'));

  it('are four', () => {
    expect(readdirSync(folder).sort()).toEqual([
      'kernels-relaxed-threads.wasm',
      'kernels-relaxed.wasm',
      'kernels-simd-threads.wasm',
      'kernels-simd.wasm',
    ]);
  });

  it('have the same kernels', async () => {
    const all = await Promise.all(valid.map(kernelsOf));
    for (const kernels of all) expect(kernels).toEqual(all[0]);
    expect(all[0]).toContain('kernel_fill_float');
  });

  it('hold no path of the machine that built them', () => {
    for (const file of readdirSync(folder)) {
      expect(readFileSync(new URL(file, folder), 'latin1')).not.toMatch(/\/(home|work|tmp|usr)\//);
    }
  });

  it('load from another folder, with or without a slash at its end', async () => {
    for (const other of [folder, folder.href.slice(0, -1)]) {
      expect(await loadModule(chooseBuild(1), other)).toBeInstanceOf(WebAssembly.Module);
    }
  });

  it('are missed by their address', async () => {
    const elsewhere = new URL('../src/', import.meta.url);
    await expect(createWasmDevice({ threads: 1, wasmFolder: elsewhere })).rejects.toThrow(
      fileURLToPath(new URL('kernels-', elsewhere)),
    );
  });
});
