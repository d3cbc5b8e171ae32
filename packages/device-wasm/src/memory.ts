/** The memory of a device: shared with its workers if it has some. */

const pageBytes = 65536;
const firstPages = 256;
const mostPages = 65536;

/** The most bytes a device may take, a whole number of pages. */
export function limitOf(limitBytes = mostPages * pageBytes): number {
  const pages = Math.floor(limitBytes / pageBytes);
  if (pages >= firstPages && pages <= mostPages) return pages * pageBytes;
  throw new RangeError(
    `createWasmDevice: limitBytes must be from ${firstPages * pageBytes} (16 MiB) to ${mostPages * pageBytes} (4 GiB); got ${limitBytes}.`,
  );
}

/** The system gives no room for a device's memory. */
class MemoryLimitError extends Error {
  /** The name of this class. */
  override readonly name = 'MemoryLimitError';
  /** What is wrong, without names that only programs know. */
  readonly fact: string;
  /** What can be done from outside the program. */
  readonly wayOut =
    'Raise the limit on address space (ulimit -v, or that of the container or batch job), or take another engine.';

  /** @internal */
  constructor(limit: number, cause: unknown) {
    const fact = `the system gives no room in its address space for a memory of up to ${limit / 2 ** 20} MiB`;
    super(`createWasmDevice: ${fact}. Ask for less with the option limitBytes.`, { cause });
    this.fact = fact;
  }
}

/** A memory that may grow to the limit. */
export function makeMemory(shared: boolean, limit: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: firstPages, maximum: limit / pageBytes, shared });
  } catch (cause) {
    throw new MemoryLimitError(limit, cause);
  }
}
