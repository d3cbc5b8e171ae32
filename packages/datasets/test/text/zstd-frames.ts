// A writer of zstd frames for tests, by RFC 8878: blocks as they are, or one byte many times. Nothing is compressed.

import xxhash from 'xxhash-wasm';

const magic = [0x28, 0xb5, 0x2f, 0xfd];

/** A block: bytes as they are, or `count` times one byte. */
type Block = Uint8Array | { readonly byte: number; readonly count: number };

/** A frame of these blocks with a window of `2 ** windowLog` bytes, and a checksum of `content`, if it is given. */
export async function zstdFrame(
  blocks: readonly Block[],
  content?: Uint8Array,
  windowLog = 17,
): Promise<Buffer> {
  const header = [...magic, content === undefined ? 0 : 4, (windowLog - 10) << 3];
  const written = blocks.map((block, index) => {
    const isRaw = block instanceof Uint8Array;
    const fields =
      ((isRaw ? block.length : block.count) << 3) | (isRaw ? 0 : 2) | (index === blocks.length - 1 ? 1 : 0);
    const head = [fields & 255, (fields >> 8) & 255, fields >> 16];
    return Buffer.concat([Buffer.from(head), isRaw ? block : Buffer.from([block.byte])]);
  });
  return Buffer.concat([
    Buffer.from(header),
    ...written,
    content === undefined ? Buffer.alloc(0) : await checksum(content),
  ]);
}

/** A frame of a text, in blocks of at most 2¹⁶ bytes, with its checksum. */
export async function zstdOf(text: string | Uint8Array): Promise<Buffer> {
  const content = Buffer.from(text);
  const blocks: Buffer[] = [];
  for (let start = 0; start === 0 || start < content.length; start += 2 ** 16)
    blocks.push(content.subarray(start, start + 2 ** 16));
  return zstdFrame(blocks, content);
}

async function checksum(content: Uint8Array): Promise<Buffer> {
  const { create64 } = await xxhash();
  const four = Buffer.alloc(4);
  four.writeUInt32LE(Number(create64().update(content).digest() & 0xffffffffn));
  return four;
}
