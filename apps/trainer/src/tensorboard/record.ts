/**
 * The framing of TFRecord files, in which TensorBoard keeps its events:
 *
 *     length (64 bits) · checksum of the length · bytes · checksum of the bytes
 *
 * All little-endian. A checksum is CRC-32C, rotated and shifted by a constant, so that a checksum of bytes that hold checksums stays useful
 * (TensorFlow's tsl/lib/io/record_writer.h).
 */
const polynomial = 0x82f63b78;
const maskDelta = 0xa282ead8;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** One record, ready to be appended to a file. */
export function recordOf(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(bytes.length + 12, maskedChecksum(bytes), true);
  return record;
}

function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + maskDelta) >>> 0;
}

function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}
