import { BadInput } from '../bad-input.ts';
import { readFlac, readOgg } from './compressed.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Sound } from './sound.ts';
import { isWav, readWav } from './wav.ts';

/** The sound of a file, told by what it begins with, whatever its name. */
export async function readSound(file: FileBytes): Promise<Sound> {
  if (file.bytes === 0) throw new BadInput('it is empty');
  const head = await file.read(0, 12);
  if (isWav(head)) return readWav(file);
  const mark = Buffer.from(head.subarray(0, 4)).toString('latin1');
  if (mark === 'fLaC') return readFlac(file);
  if (mark === 'OggS') return readOgg(file);
  throw new BadInput('it is none of WAV, FLAC and Ogg Vorbis');
}
