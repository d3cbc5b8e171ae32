import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventFile } from '../src/index.ts';

/** A field of a message: its number, and its value as the wire has it. */
interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** The fields of a protobuf message, read by the rules of the wire format alone. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const fixed = (size: number) => {
    at += size;
    return size === 8 ? view.getBigUint64(at - 8, true) : BigInt(view.getUint32(at - 4, true));
  };
  const block = () => {
    const size = Number(varint());
    at += size;
    return bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const readers: Record<number, () => bigint | Uint8Array> = {
      0: varint,
      1: () => fixed(8),
      2: block,
      5: () => fixed(4),
    };
    fields.push({ number: tag >>> 3, value: readers[tag & 7]!() });
  }
  expect(at).toBe(bytes.length);
  return fields;
}

function number(bytes: Uint8Array, field: number): number {
  return Number(fieldsOf(bytes).find((found) => found.number === field)?.value ?? 0);
}

function message(bytes: Uint8Array, ...path: number[]): Uint8Array {
  return path.reduce((inner, field) => {
    const found = fieldsOf(inner).find(({ number }) => number === field)?.value;
    if (!(found instanceof Uint8Array)) throw new Error(`There is no field ${field}.`);
    return found;
  }, bytes);
}

function text(bytes: Uint8Array, ...path: number[]): string {
  return new TextDecoder().decode(message(bytes, ...path));
}

function float(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** Bit by bit, as the definition of CRC-32C has it. */
function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  }
  return ~value >>> 0;
}

function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The events of a file; every length and every checksum is held against its bytes. */
function eventsOf(path: string): Uint8Array[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const events: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const event = bytes.subarray(at + 12, at + 12 + size);
    expect(unmasked(view.getUint32(at + 12 + size, true))).toBe(crc32c(event));
    events.push(event);
    at += size + 16;
  }
  return events;
}

/** What TensorBoard shows of a folder: tag, step and value of scalars, less what a later session start purges. */
function scalarsOf(folder: string): [string, number, number][] {
  let kept: [string, number, number][] = [];
  for (const name of readdirSync(folder).sort()) {
    for (const event of eventsOf(join(folder, name))) {
      const step = number(event, 2);
      const contents = fieldsOf(event);
      if (contents.some(({ number }) => number === 7)) kept = kept.filter(([, at]) => at < step);
      const summary = contents.find(({ number }) => number === 5)?.value;
      if (!(summary instanceof Uint8Array)) continue;
      for (const { value } of fieldsOf(summary)) {
        if (value instanceof Uint8Array) kept.push([text(value, 1), step, float(number(value, 2))]);
      }
    }
  }
  return kept;
}

const loss = (value: number) => [{ tag: 'loss/train', kind: 'scalar', value }] as const;

describe('the events of a run', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sparse-events-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('hold their checksums against a known one', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('begin with the version that lets a restart purge', () => {
    const file = openEventFile(join(folder, 'events'), { step: 0 });
    file.close();
    const [version, start] = eventsOf(file.path);
    expect(text(version!, 3)).toBe('brain.Event:2');
    expect([number(start!, 2), number(message(start!, 7), 1)]).toEqual([1, 1]);
  });

  it('are scalars by tag and step, not-a-number included', () => {
    const file = openEventFile(folder, { step: 0 });
    file.add(1, [...loss(2.5), { tag: 'tokens per second', kind: 'scalar', value: 1e6 }]);
    file.add(2 ** 40, loss(Number.NaN));
    file.close();
    expect(scalarsOf(folder)).toEqual([
      ['loss/train', 1, 2.5],
      ['tokens per second', 1, 1e6],
      ['loss/train', 2 ** 40, Number.NaN],
    ]);
  });

  it('are not there twice after a resume, even within the same second', () => {
    const first = openEventFile(folder, { step: 0 });
    for (let step = 1; step <= 5; step++) first.add(step, loss(step));
    first.close();
    const second = openEventFile(folder, { step: 3 });
    second.add(4, loss(40));
    second.close();
    expect(scalarsOf(folder).map(([, step, value]) => [step, value])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 40],
    ]);
  });

  it('are texts that Markdown leaves as they are', () => {
    const file = openEventFile(folder, { step: 0 });
    file.add(7, [{ tag: 'sample', kind: 'text', text: '<b>To</b>\n# be' }]);
    file.close();
    const value = message(eventsOf(file.path)[2]!, 5, 1);
    expect(text(value, 9, 1, 1)).toBe('text');
    expect(text(value, 8, 8)).toBe('    <b>To</b>\n    # be');
    expect([number(message(value, 8), 1), number(message(value, 8, 2, 2), 1)]).toEqual([7, 1]);
  });

  it('are pictures and sounds with the sizes that their files say', () => {
    const png = new Uint8Array(33);
    png.set([
      0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 1, 44, 0, 0, 0, 7, 8,
      2,
    ]);
    const wav = new Uint8Array(44 + 8);
    const header = new DataView(wav.buffer);
    header.setUint16(22, 1, true);
    header.setUint32(24, 12_000, true);
    header.setUint16(32, 2, true);
    header.setUint32(40, 8, true);
    const file = openEventFile(folder, { step: 0 });
    file.add(1, [
      { tag: 'image', kind: 'image', png },
      { tag: 'sound', kind: 'audio', wav },
    ]);
    file.close();
    const [image, sound] = fieldsOf(message(eventsOf(file.path)[2]!, 5)).map(
      ({ value }) => value as Uint8Array,
    );
    const picture = message(image!, 4);
    expect([1, 2, 3].map((field) => number(picture, field))).toEqual([7, 300, 3]);
    expect(message(picture, 4)).toEqual(png);
    const audio = message(sound!, 6);
    expect([float(number(audio, 1)), number(audio, 2), number(audio, 3)]).toEqual([12_000, 1, 4]);
    expect([message(audio, 4), text(audio, 5)]).toEqual([wav, 'audio/wav']);
  });
});
