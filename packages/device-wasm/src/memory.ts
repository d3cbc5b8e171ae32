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

/** A memory that may grow to the limit. */
export function makeMemory(shared: boolean, limit: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: firstPages, maximum: limit / pageBytes, shared });
  } catch (cause) {
    throw new Error(
      `createWasmDevice: no memory of up to ${limit} bytes can be reserved here. Ask for less with the option limitBytes.`,
      { cause },
    );
  }
}
