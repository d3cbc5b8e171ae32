import { type FileHandle, open } from 'node:fs/promises';
import { BadInput } from '../refusals/index.ts';

/** An open file that is read by place. */
export class FileBytes {
  /** The length of the file. */
  readonly bytes: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.bytes = bytes;
  }

  static async open(path: string): Promise<FileBytes> {
    const handle = await open(path, 'r').catch(refuse);
    return new FileBytes(handle, (await handle.stat()).size);
  }

  /** The bytes from `position` on: `count` of them, or as many as there are. */
  async read(position: number, count: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const { bytesRead } = await this.#handle
        .read(buffer, done, count - done, position + done)
        .catch(refuse);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function refuse(error: unknown): never {
  throw new BadInput(`it cannot be read (${String(error)})`);
}
