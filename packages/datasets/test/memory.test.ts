import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const program = fileURLToPath(new URL('memory-of-a-large-file.ts', import.meta.url));

it('opens a file of a gibibyte and reads 500 batches of it in a process of under 300 MB', async () => {
  const path = join(await temporaryFolder(), 'large.txt');
  const file = await open(path, 'w');
  await file.truncate(2 ** 30);
  await file.close();
  const flags = ['--conditions=@sparse-transformers/source', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, path]);
  const { tokens, peakBytes } = JSON.parse(stdout);
  expect(tokens).toBe(2 ** 30);
  expect(peakBytes).toBeGreaterThan(10e6);
  expect(peakBytes).toBeLessThan(300e6);
});
