/** What a browser is sent by a program that uses this package. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';

let inputs: string[] = [];
let imports: string[] = [];

beforeAll(async () => {
  const { metafile } = await build({
    stdin: {
      contents: "import { useEngine } from '@sparse-transformers/engines'; await useEngine('auto');",
      resolveDir: fileURLToPath(new URL('../../testing', import.meta.url)),
    },
    conditions: ['@sparse-transformers/source'],
    bundle: true,
    splitting: true,
    platform: 'browser',
    format: 'esm',
    outdir: 'nowhere',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  inputs = Object.keys(metafile.inputs);
  imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
});

it('has the backend and the WebAssembly device', () => {
  expect(inputs).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/packages\/backend\/src\/index\.ts$/),
      expect.stringMatching(/packages\/device-wasm\/src\/index\.ts$/),
    ]),
  );
});

it('has nothing of the native device', () => {
  expect(
    inputs.filter((input) => /koffi|device-native\/src/.test(input) && !input.includes('(disabled)')),
  ).toEqual([]);
});

it('imports nothing of Node', () => {
  expect(imports.filter((path) => path.startsWith('node:'))).toEqual([]);
});
