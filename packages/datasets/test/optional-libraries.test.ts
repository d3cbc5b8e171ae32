import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { flac, sixteenBits, tone, vorbis, wav } from './audio/sounds.ts';
import { smallPng } from './images/pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const program = fileURLToPath(new URL('without-libraries.ts', import.meta.url));

it('says which library to install, and takes no file for a bad one', async () => {
  const folder = await temporaryFolder();
  const samples = tone(2_000, 12_000);
  const libraries: Record<string, [file: Uint8Array, library: string]> = {
    'a.png': [smallPng(0), 'sharp'],
    'a.flac': [flac(samples, 12_000), '@wasm-audio-decoders/flac'],
    'a.ogg': [await vorbis(12_000, samples), '@wasm-audio-decoders/ogg-vorbis'],
    'a.wav': [wav({ sampleRate: 8_000, data: sixteenBits(samples) }), '@alexanderolsen/libsamplerate-js'],
  };
  const paths = Object.keys(libraries).map((name) => join(folder, name));
  for (const path of paths) await writeFile(path, libraries[path.slice(folder.length + 1)]![0]);
  const flags = ['--conditions=@sparse-transformers/source', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, folder, ...paths]);
  expect(JSON.parse(stdout)).toEqual(
    Object.values(libraries).map(([, library]) => ({
      reason: 'library',
      message: expect.stringContaining(
        `expected the package ${library}, got no such package; run: npm install ${library}`,
      ),
    })),
  );
});
