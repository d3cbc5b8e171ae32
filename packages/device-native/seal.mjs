/**
 * The seal of a library: its last bytes hold a hash of all bytes before them. A library that was cut off or changed on its way would end the
 * program that loads it without a word; so it is looked at before. It stands within the file, so that file and seal are replaced in one step.
 */
import { createHash } from 'node:crypto';

const mark = 'sparse-kernels sha256 ';
const length = mark.length + 64;

/** What to write behind the bytes of a library. */
export function sealOf(bytes) {
  return Buffer.from(mark + createHash('sha256').update(bytes).digest('hex'));
}

/** Whether the bytes of a library are those that were sealed, all of them. */
export function isSealed(bytes) {
  if (bytes.length < length) return false;
  const content = bytes.subarray(0, -length);
  return sealOf(content).equals(bytes.subarray(-length));
}
