// WAV files, read piece by piece: libraries that read them take a whole file into memory, and take its word for its sizes.
// A file is RIFF, then chunks of a name, a size and as many bytes, filled up to an even number. Files of more than 4 GiB say
// RF64, and give the size of their samples in a chunk `ds64` before it (EBU Tech 3306).

import { BadInput } from '../refusals/index.ts';
import type { FileBytes } from './file-bytes.ts';
import { type ReadSample, sampleReader } from './sample-formats.ts';
import type { Sound } from './sound.ts';

const mostChannels = 64;
/** The most chunks before the samples: a hostile file may be nothing but empty ones. */
const mostChunks = 1000;
const framesAtOnce = 1 << 15;
/** What stands for the size of samples in RF64. */
const unknownSize = 0xffffffff;
/** A file has at least so much less than 2 GiB or 4 GiB where its size was not known: sox says 0x7ffff000, arecord 0x80000000. */
const nearlyLargest = 0x1000;

/** Where the samples of a file are, and how they are written. */
interface Layout {
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleBytes: number;
  readonly read: ReadSample;
  readonly start: number;
  readonly frames: number;
}

interface Chunk {
  readonly name: string;
  /** The place of its content. */
  readonly start: number;
  readonly size: number;
}

/** True for the first bytes of a WAV file. */
export function isWav(head: Uint8Array): boolean {
  return ['RIFF', 'RF64'].includes(text(head, 0)) && text(head, 8) === 'WAVE';
}

/** The sound of a WAV file, its channels averaged. */
export async function readWav(file: FileBytes): Promise<Sound> {
  const layout = await readLayout(file);
  return { sampleRate: layout.sampleRate, samples: frames(file, layout) };
}

async function* frames(file: FileBytes, layout: Layout): AsyncGenerator<Float32Array> {
  const { channels, sampleBytes, read, start } = layout;
  const frameBytes = channels * sampleBytes;
  for (let frame = 0; frame < layout.frames; frame += framesAtOnce) {
    const count = Math.min(framesAtOnce, layout.frames - frame);
    const bytes = await file.read(start + frame * frameBytes, count * frameBytes);
    if (bytes.length < count * frameBytes) throw new BadInput('it became shorter while it was read');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const samples = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) {
        sum += read(view, index * frameBytes + channel * sampleBytes);
      }
      samples[index] = sum / channels;
    }
    yield samples;
  }
}

async function readLayout(file: FileBytes): Promise<Layout> {
  let format: Omit<Layout, 'start' | 'frames'> | undefined;
  let longSize: number | undefined;
  for (let [position, number] = [12, 0]; ; number++) {
    const chunk = number < mostChunks ? await readChunk(file, position) : null;
    if (chunk === null) throw new BadInput('it has no chunk "data", so no samples');
    if (chunk.name === 'ds64') longSize = await readLongSize(file, chunk);
    if (chunk.name === 'fmt ') format = await readFormat(file, chunk);
    if (chunk.name === 'data') {
      if (format === undefined) throw new BadInput('it has no chunk "fmt " before its samples');
      const size = chunk.size === unknownSize && longSize !== undefined ? longSize : chunk.size;
      return { ...format, start: chunk.start, frames: await countFrames(file, { ...chunk, size }, format) };
    }
    position = endOf(chunk);
  }
}

/** The chunk at a place; null where the file ends before it. */
async function readChunk(file: FileBytes, position: number): Promise<Chunk | null> {
  const head = await file.read(position, 8);
  if (head.length < 8) return null;
  return {
    name: text(head, 0),
    start: position + 8,
    size: new DataView(head.buffer, head.byteOffset).getUint32(4, true),
  };
}

function endOf({ start, size }: Chunk): number {
  return start + size + (size % 2);
}

async function readLongSize(file: FileBytes, chunk: Chunk): Promise<number> {
  const bytes = await file.read(chunk.start, 16);
  if (bytes.length < 16) throw new BadInput('its chunk "ds64" is cut short');
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true));
}

async function readFormat(file: FileBytes, chunk: Chunk): Promise<Omit<Layout, 'start' | 'frames'>> {
  const bytes = await file.read(chunk.start, Math.min(chunk.size, 40));
  if (bytes.length < 16) throw new BadInput('its chunk "fmt " is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [channels, sampleRate] = [view.getUint16(2, true), view.getUint32(4, true)];
  const [frameBytes, bits] = [view.getUint16(12, true), view.getUint16(14, true)];
  const format = formatCode(view);
  const read = sampleReader(format, bits);
  if (read === undefined)
    throw new BadInput(`its samples, of format ${format} with ${bits} bits, are of no kind that is read`);
  if (channels < 1 || channels > mostChannels) {
    throw new BadInput(`it says ${channels} channels, expected 1 to ${mostChannels}`);
  }
  const sampleBytes = bits / 8;
  if (frameBytes !== channels * sampleBytes) {
    throw new BadInput(`it says ${frameBytes} bytes for ${channels} samples of ${bits} bits`);
  }
  return { sampleRate, channels, sampleBytes, read };
}

/** The format code, which an extensible header (0xfffe) keeps in the first bytes of a longer one. */
function formatCode(view: DataView): number {
  const code = view.getUint16(0, true);
  return code === 0xfffe && view.byteLength >= 40 ? view.getUint16(24, true) : code;
}

/** How many samples of each channel there are, by what the file says and by what it holds, which must agree. */
async function countFrames(
  file: FileBytes,
  data: Chunk,
  { channels, sampleBytes }: { readonly channels: number; readonly sampleBytes: number },
): Promise<number> {
  const held = file.bytes - data.start;
  const frameBytes = channels * sampleBytes;
  // What a pipe was cut off in the middle of, or filled up to an even number with, is no frame.
  const size = (await isOpenEnded(file, data)) ? held - (held % frameBytes) : data.size;
  if (size > held) throw new BadInput(`it says ${size} bytes of samples and holds ${held}`);
  if (size % frameBytes !== 0) {
    throw new BadInput(`its ${size} bytes of samples are not whole frames of ${frameBytes} bytes`);
  }
  if (size === data.size && size < held) await checkRest(file, data);
  return size / frameBytes;
}

/** Programs that write into a pipe can't go back to put the size in: they leave 0 or about the largest number, and samples to the end. */
async function isOpenEnded(file: FileBytes, data: Chunk): Promise<boolean> {
  const isLargest = [2 ** 31, 2 ** 32].some((end) => data.size <= end && data.size >= end - nearlyLargest);
  if (data.size === unknownSize || data.size >= 2 ** 62 || (isLargest && data.start + data.size > file.bytes))
    return true;
  return data.size === 0 && file.bytes > data.start && !(await isChunksToTheEnd(file, data.start));
}

/** What follows the samples must be chunks too, or the tag of a music player: else there are more samples than the file says. */
async function checkRest(file: FileBytes, data: Chunk): Promise<void> {
  if (await isChunksToTheEnd(file, endOf(data))) return;
  const rest = file.bytes - data.start - data.size;
  throw new BadInput(`it says ${data.size} bytes of samples, and ${rest} bytes follow that are no chunk`);
}

async function isChunksToTheEnd(file: FileBytes, start: number): Promise<boolean> {
  let position = start;
  for (let number = 0; position < file.bytes; number++) {
    if (number === mostChunks) return false;
    const head = text(await file.read(position, 4), 0);
    if (head.startsWith('TAG') || head.startsWith('ID3')) return true;
    const chunk = await readChunk(file, position);
    // A last byte or two of filling are left by many programs.
    if (chunk === null) return file.bytes - position <= 2;
    if (['RIFF', 'RF64'].includes(chunk.name)) {
      throw new BadInput('it holds several WAV files one after the other; store each in its own file');
    }
    if (!/^[\x20-\x7e]{4}$/.test(chunk.name) || chunk.start + chunk.size > file.bytes) return false;
    position = endOf(chunk);
  }
  return true;
}

function text(bytes: Uint8Array, start: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + 4));
}
