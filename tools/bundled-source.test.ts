/** Programs run from bundles of the source, and must not tell: each change is seen, and files are found from where the source lies. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { bundledSource } from './bundled-source.mjs';

const folder = mkdtempSync(join(tmpdir(), 'bundled-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

afterEach(() => vi.unstubAllEnvs());

function write(path: string, content: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** What the entries export, and the address of the first one's bundle. */
async function load() {
  const bundles = await bundledSource(pathToFileURL(`${folder}/`));
  const addressOf = (file: string) => bundles.get(pathToFileURL(join(folder, file)).href) ?? 'not bundled';
  const index = addressOf('packages/one/src/index.ts');
  const { inner, place } = await import(index);
  const program = await import(addressOf('apps/two/src/serve/program.ts'));
  return { index, inner, place, program: program.value };
}

beforeAll(() => {
  write('packages/one/package.json', '{}');
  write('packages/one/src/index.ts', "export * from './inner.ts'; export const place = import.meta.url;");
  write('packages/one/src/inner.ts', 'export const inner: number = 1;');
  write('apps/two/package.json', '{"tsdown":{"entry":["src/serve/program.ts"]}}');
  write('apps/two/src/serve/program.ts', 'export const value: string = "first";');
});

it('gives every entry of every package, as if the source itself ran', async () => {
  const { inner, place, program } = await load();
  expect([inner, program]).toEqual([1, 'first']);
  expect(place).toBe(pathToFileURL(join(folder, 'packages/one/src/index.ts')).href);
});

it('takes what is there as long as no source file changes, and shows each change', async () => {
  const before = await load();
  expect(await load()).toEqual(before);
  write('packages/one/src/inner.ts', 'export const inner: number = 2;');
  const after = await load();
  expect(after.inner).toBe(2);
  expect(after.index).not.toBe(before.index);
});

it('bundles in a process that loads nothing by NODE_OPTIONS, which may ask for bundles again', async () => {
  const mark = join(folder, 'loaded');
  write('mark.mjs', `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, '');`);
  write('packages/one/src/inner.ts', 'export const inner: number = 3;');
  vi.stubEnv('NODE_OPTIONS', `--import ${pathToFileURL(join(folder, 'mark.mjs'))}`);
  expect((await load()).inner).toBe(3);
  expect(existsSync(mark)).toBe(false);
});
