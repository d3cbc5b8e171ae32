import { createOggEncoder } from 'wasm-media-encoders';

/** What a WAV file says and holds. */
export interface WavParts {
  /** The code of the format: 1 whole numbers, 3 floating point, 6 A-law, 7 µ-law. */
  readonly format?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly bits?: number;
  /** The samples as they stand in the file. */
  readonly data: Uint8Array;
  /** The size that the file says; default: the true one. */
  readonly size?: number;
  /** Whole chunks before the samples. */
  readonly before?: Uint8Array;
  /** What follows the samples. */
  readonly after?: Uint8Array;
  /** Whether the header is of the extensible kind. */
  readonly isExtensible?: boolean;
}

/** A WAV file made by hand, so that it can lie. */
export function wav(parts: WavParts): Uint8Array {
  const { format = 1, channels = 1, sampleRate = 12_000, bits = 16, data, size = data.length } = parts;
  const head = Buffer.alloc(parts.isExtensible ? 40 : 16);
  head.writeUInt16LE(parts.isExtensible ? 0xfffe : format, 0);
  head.writeUInt16LE(channels, 2);
  head.writeUInt32LE(sampleRate, 4);
  head.writeUInt32LE((sampleRate * channels * Math.ceil(bits / 8)) % 2 ** 32, 8);
  head.writeUInt16LE(channels * Math.ceil(bits / 8), 12);
  head.writeUInt16LE(bits, 14);
  if (parts.isExtensible) head.writeUInt16LE(format, 24);
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    wavChunk('fmt ', head),
    parts.before ?? new Uint8Array(0),
    wavChunk('data', data, size),
    parts.after ?? new Uint8Array(0),
  ]);
  return wavChunk('RIFF', body);
}

/** A chunk, which may say another size than it has. */
export function wavChunk(name: string, content: Uint8Array, size = content.length): Uint8Array {
  const head = Buffer.from(`${name}size`);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content]);
}

/** Samples as 16-bit numbers, lowest byte first. */
export function sixteenBits(samples: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32_767)).buffer);
}

/** A tone of half of full scale. */
export function tone(count: number, sampleRate: number, frequency = 440): number[] {
  return Array.from(
    { length: count },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * frequency * index) / sampleRate),
  );
}

/** A FLAC file of one channel of 16 bits, at a rate of whole kHz, nothing packed; it may say another number of samples than it has. */
export function flac(samples: readonly number[], sampleRate: number, says = samples.length): Uint8Array {
  const blockSize = 1000;
  const about = Buffer.alloc(34);
  about.writeUInt16BE(blockSize, 0);
  about.writeUInt16BE(blockSize, 2);
  about.writeUInt32BE(sampleRate * 2 ** 12 + (15 << 4), 10);
  about.writeUInt32BE(says, 14);
  const frames: Uint8Array[] = [];
  for (let start = 0; start < samples.length; start += blockSize) {
    frames.push(flacFrame(samples.slice(start, start + blockSize), start / blockSize, sampleRate / 1000));
  }
  return Buffer.concat([Buffer.from('fLaC'), Uint8Array.of(0x80, 0, 0, 34), about, ...frames]);
}

function flacFrame(samples: readonly number[], number: number, kilohertz: number): Uint8Array {
  // Fixed block size; 16 bits for the block size, 8 for the rate in kHz; one channel of 16 bits; fewer than 128 frames.
  const head = [
    0xff,
    0xf8,
    0x7c,
    0x08,
    number,
    (samples.length - 1) >> 8,
    (samples.length - 1) & 0xff,
    kilohertz,
  ];
  const body = samples.flatMap((sample) => {
    const value = Math.round(sample * 32_767) & 0xffff;
    return [value >> 8, value & 0xff];
  });
  const frame = [...head, checksum(head, 8, 0x07), 0x02, ...body];
  const end = checksum(frame, 16, 0x8005);
  return Uint8Array.from([...frame, end >> 8, end & 0xff]);
}

/** A checksum of some bits, from the highest bit, beginning with 0. */
function checksum(bytes: readonly number[], bits: number, polynomial: number): number {
  const [top, mask] = [2 ** (bits - 1), 2 ** bits - 1];
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum & top ? polynomial : 0)) & mask;
  }
  return sum;
}

/** An Ogg Vorbis file of some channels. */
export async function vorbis(sampleRate: number, ...channels: readonly number[][]): Promise<Uint8Array> {
  const encoder = await createOggEncoder();
  encoder.configure({ channels: channels.length === 1 ? 1 : 2, sampleRate, vbrQuality: 5 });
  const parts: Uint8Array[] = [];
  for (let start = 0; start < channels[0]!.length; start += 4096) {
    const piece = channels.map((samples) => Float32Array.from(samples.slice(start, start + 4096)));
    parts.push(Buffer.from(encoder.encode(piece)));
  }
  parts.push(Buffer.from(encoder.finalize()));
  return Buffer.concat(parts);
}
