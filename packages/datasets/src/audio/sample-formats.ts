// What a sample of a WAV file can be: whole numbers, floating point, or the two logarithmic codes of telephones
// (ITU-T G.711). Each reads one sample as an amplitude from −1 to 1.

/** The amplitude of the sample whose first byte is at `offset`. */
export type ReadSample = (view: DataView, offset: number) => number;

/** How samples of a format code and a number of bits are read; undefined for what nobody reads. */
export function sampleReader(format: number, bits: number): ReadSample | undefined {
  return readers.get(`${format}/${bits}`);
}

const readers = new Map<string, ReadSample>([
  ['1/8', (view, offset) => (view.getUint8(offset) - 0x80) / 0x80],
  ['1/16', (view, offset) => view.getInt16(offset, true) / 2 ** 15],
  ['1/24', (view, offset) => (view.getInt16(offset + 1, true) * 2 ** 8 + view.getUint8(offset)) / 2 ** 23],
  ['1/32', (view, offset) => view.getInt32(offset, true) / 2 ** 31],
  ['3/32', (view, offset) => view.getFloat32(offset, true)],
  ['3/64', (view, offset) => view.getFloat64(offset, true)],
  ['6/8', (view, offset) => aLaw(view.getUint8(offset)) / 2 ** 15],
  ['7/8', (view, offset) => muLaw(view.getUint8(offset)) / 2 ** 15],
]);

/** A sign, three bits for one of eight straight segments, each twice as steep as the one before, and four for the step in it. */
function muLaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return code & 0x80 ? -magnitude : magnitude;
}

/** The same, but with every other bit turned over, and the first two segments equally steep. */
function aLaw(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}
