// FLAC and Ogg Vorbis, by libFLAC and libvorbis as WebAssembly. They go on past what they can't read; here that is an error.

import type { FLACDecodedAudio } from '@wasm-audio-decoders/flac';
import { importLibrary } from '../media/index.ts';
import { BadInput } from '../refusals/index.ts';
import type { FileBytes } from './file-bytes.ts';
import { OggStream, oggCodec } from './ogg-pages.ts';
import { averageChannels, type Sound } from './sound.ts';

/** Packed silence can unpack ten thousand times as large, so little is unpacked at once. */
const bytesAtOnce = 1 << 12;

/** What both libraries' decoders have in common. */
interface Decoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Promise<Decoded>;
  flush(): Promise<Decoded>;
  free(): void;
}

type Decoded = Pick<FLACDecodedAudio, 'channelData' | 'samplesDecoded' | 'sampleRate' | 'errors'>;

/** The sound of a FLAC file, its channels averaged. */
export async function readFlac(file: FileBytes): Promise<Sound> {
  return soundOf(await flacDecoder(), pieces(file), await countFlacSamples(file));
}

/** The sounds of an Ogg file that holds Vorbis or FLAC, their channels averaged: chained streams follow each other, as radio writes them. */
export async function* readOgg(file: FileBytes): AsyncGenerator<Sound> {
  for (let start: number | null = 0; start !== null; ) {
    const codec = await oggCodec(file, start);
    if (codec === null) throw new BadInput('it is Ogg but holds neither Vorbis nor FLAC');
    const stream: OggStream = new OggStream(file, start);
    yield await soundOf(codec === 'flac' ? await flacDecoder() : await vorbisDecoder(), stream.pages(), null);
    start = await stream.next();
  }
}

async function flacDecoder(): Promise<Decoder> {
  const name = '@wasm-audio-decoders/flac';
  const { FLACDecoder } = await importLibrary(name, 'read FLAC', () => import('@wasm-audio-decoders/flac'));
  return new FLACDecoder();
}

async function vorbisDecoder(): Promise<Decoder> {
  const name = '@wasm-audio-decoders/ogg-vorbis';
  const load = () => import('@wasm-audio-decoders/ogg-vorbis');
  const { OggVorbisDecoder } = await importLibrary(name, 'read Ogg Vorbis', load);
  return new OggVorbisDecoder();
}

/** Decodes up to the first samples, for only they tell the rate. */
async function soundOf(
  decoder: Decoder,
  packed: AsyncIterable<Uint8Array>,
  expected: number | null,
): Promise<Sound> {
  const decoded = decode(decoder, packed, expected);
  const first = await decoded.next();
  if (first.done === true) throw new BadInput('it holds no samples');
  return { sampleRate: first.value.sampleRate, samples: average(first.value, decoded) };
}

async function* average(first: Decoded, rest: AsyncGenerator<Decoded>): AsyncGenerator<Float32Array> {
  const { sampleRate, channelData } = first;
  try {
    yield averageChannels(channelData, first.samplesDecoded);
    for await (const piece of rest) {
      if (piece.sampleRate !== sampleRate || piece.channelData.length !== channelData.length) {
        throw new BadInput('its rate or channels change on the way');
      }
      yield averageChannels(piece.channelData, piece.samplesDecoded);
    }
  } finally {
    await rest.return(undefined);
  }
}

async function* decode(
  decoder: Decoder,
  packed: AsyncIterable<Uint8Array>,
  expected: number | null,
): AsyncGenerator<Decoded> {
  let samples = 0;
  const expectGood = async (decoding: Promise<Decoded>): Promise<Decoded> => {
    const decoded = await decoding.catch(refuse);
    samples += decoded.samplesDecoded;
    const [error] = decoded.errors;
    if (error !== undefined) throw new BadInput(`it is damaged after ${samples} samples: ${error.message}`);
    return decoded;
  };
  await decoder.ready;
  try {
    for await (const piece of packed) {
      const decoded = await expectGood(decoder.decode(piece));
      if (decoded.samplesDecoded > 0) yield decoded;
    }
    const last = await expectGood(decoder.flush());
    if (last.samplesDecoded > 0) yield last;
  } finally {
    decoder.free();
  }
  if (expected !== null && samples !== expected) {
    throw new BadInput(`it says ${expected} samples and holds ${samples}: it is truncated or damaged`);
  }
}

/** What the libraries throw is about the file: they are handed nothing else. */
function refuse(error: unknown): never {
  throw new BadInput(`it cannot be decoded (${String(error)})`);
}

async function* pieces(file: FileBytes): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < file.bytes; position += bytesAtOnce)
    yield file.read(position, bytesAtOnce);
}

/** The number of samples that the stream's own header gives (RFC 9639, section 8.2); null where it says "unknown". */
async function countFlacSamples(file: FileBytes): Promise<number | null> {
  const head = await file.read(0, 26);
  if (head.length < 26) throw new BadInput('its header is cut short');
  const view = new DataView(head.buffer, head.byteOffset);
  const samples = (head[21]! & 0x0f) * 2 ** 32 + view.getUint32(22);
  return samples === 0 ? null : samples;
}
