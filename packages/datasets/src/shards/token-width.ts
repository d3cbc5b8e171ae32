/** How many bytes an id takes in a file. */
export type TokenWidth = 1 | 2 | 4;

/** The smallest width that holds the ids of a tokenizer of `size` ids. */
export function tokenWidth(size: number): TokenWidth {
  if (size <= 2 ** 8) return 1;
  return size <= 2 ** 16 ? 2 : 4;
}

/** Ids as they stand in a file, in the machine's own byte order. */
export function tokenBytes(ids: Int32Array, width: TokenWidth): Uint8Array {
  const narrow = width === 1 ? Uint8Array.from(ids) : width === 2 ? Uint16Array.from(ids) : ids;
  return new Uint8Array(narrow.buffer, narrow.byteOffset, narrow.byteLength);
}

/** Ids from how they stand in a file. `bytes` must have a buffer of its own. */
export function idsOf(bytes: Uint8Array<ArrayBuffer>, width: TokenWidth): ArrayLike<number> {
  return width === 1 ? bytes : width === 2 ? new Uint16Array(bytes.buffer) : new Int32Array(bytes.buffer);
}
