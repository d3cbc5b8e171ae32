import { formatOf, headBytes, otherFormat } from '../files/index.ts';
import { BadInput } from '../refusals/index.ts';
import { readFlac, readOgg } from './compressed.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Sound } from './sound.ts';
import { isWav, readWav } from './wav.ts';

/**
 * The sounds of a file, one after the other, told by what it begins with, whatever its name: one, but for chained Ogg. Each is to be read
 * before the next.
 */
export async function* readSounds(file: FileBytes): AsyncGenerator<Sound> {
  if (file.bytes === 0) throw new BadInput('it is empty');
  const head = await file.read(0, headBytes);
  const mark = Buffer.from(head.subarray(0, 4)).toString('latin1');
  if (isWav(head)) yield await readWav(file);
  else if (mark === 'fLaC') yield await readFlac(file);
  else if (mark === 'OggS') yield* readOgg(file);
  else throw otherFormat(formatOf(head), 'WAV, FLAC or Ogg Vorbis');
}
