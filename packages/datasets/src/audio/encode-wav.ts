import { checkWholeNumber, DatasetError } from '../refusals/index.ts';

const headerBytes = 44;
const fullScale = 2 ** 15;

/**
 * A WAV file of one channel, 16 bits a sample. What is louder than −1 … 1 is cut.
 *
 * @param sampleRate samples in a second, a whole number from 1 to 768,000.
 * @throws {@link DatasetError} for a rate out of range, or a sample that is not a number.
 */
export function encodeWav(samples: ArrayLike<number>, sampleRate: number): Uint8Array {
  checkWholeNumber('encodeWav', 'sampleRate', sampleRate, 1, 768_000);
  const dataBytes = 2 * samples.length;
  checkWholeNumber('encodeWav', 'bytes of the file', headerBytes + dataBytes, 0, 2 ** 32 - 1);
  const file = Buffer.alloc(headerBytes + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // whole numbers
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(2 * sampleRate, 28); // bytes a second
  file.writeUInt16LE(2, 32); // bytes a frame
  file.writeUInt16LE(16, 34); // bits a sample
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (let index = 0; index < samples.length; index++) {
    file.writeInt16LE(roundSample(samples[index]!, index), headerBytes + 2 * index);
  }
  return Uint8Array.from(file);
}

function roundSample(sample: number, index: number): number {
  if (Number.isNaN(sample)) {
    throw new DatasetError(
      'argument',
      `encodeWav: samples[${index}] must be a number, got NaN; mend the sound`,
    );
  }
  return Math.max(-fullScale, Math.min(fullScale - 1, Math.round(sample * fullScale)));
}
