import { execFile } from 'node:child_process';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { wav } from './audio/sounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const fromSource = new URL('../../../tools/source.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('memory-of-large-media.ts', import.meta.url));

it('makes tokens of 200 MB of images and sound in a process of under 200 MB', async () => {
  const folder = await temporaryFolder();
  const [records, sound] = [join(folder, 'images.bin'), join(folder, 'sound.wav')];
  await (await open(records, 'w')).close();
  await truncate(records, 61_460_000);
  // The header says "to the end".
  const header = wav({ bits: 32, data: new Uint8Array(0), size: 0xffffffff });
  await writeFile(sound, header);
  await truncate(sound, header.length + 140_000_000);
  const flags = ['--conditions=@sparse-transformers/source', '--import', fromSource];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, records, sound, folder]);
  const { images, audio, peakBytes } = JSON.parse(stdout);
  expect([images, audio]).toEqual([61_440_000, 35_000_000]);
  expect(peakBytes).toBeGreaterThan(10e6);
  expect(peakBytes).toBeLessThan(200e6);
});
