/**
 * What a device is to the backend: memory, and kernels that run on it. Everything of TensorFlow.js stays on this side; everything of
 * WebAssembly, a shared library or a GPU on the other. Memory is bytes to a device: the dtype that TensorFlow.js sees and how its numbers
 * are stored are the backend's matter, which names another kernel for each storage.
 *
 * Launches may be queued. A device that queues has one queue, in the order of the calls, and everything below is a place in that order:
 *
 * - `launch` copies its arguments and returns at once. A number that a kernel must not use is found later: the kernel leaves a note on the
 *   device, and the next wait throws it.
 * - `free` may be called while launches before it still use the memory, and `allocate` may give the same memory to launches after it: the
 *   order alone keeps them apart. So neither waits. The backend keeps freed memory for its next tensor, and rarely calls either.
 * - `upload` puts a copy of the values in the queue.
 * - `download`, `downloadSync` and `synchronize` wait for all that was called before them. Nothing else waits, and the backend calls them
 *   only where TensorFlow.js reads values or measures time.
 *
 * A kernel takes addresses and numbers and nothing else; its arguments are described above it, in its C file. An address in a launch is
 * always where an allocation begins, so that a list of launches can be recorded, and run again over other memory.
 */

/** The address of memory on a device. A whole number below 2⁵³; 0 is no memory. */
export type Address = number;

/** What a device uses at this moment, in bytes. */
export interface DeviceMemory {
  /** Allocated now. */
  readonly allocated: number;
  /** The most that can be allocated; Infinity where only the machine sets a limit. */
  readonly limit: number;
}

/** Memory and kernels. */
export interface Device {
  /** The engine's name: `wasm`, `native`. */
  readonly name: string;
  /** One line for people: what it is, its version, what it computes with. */
  readonly description: string;
  /** Threads that one launch may use. */
  readonly threads: number;
  /**
   * True if the device watches over its allocations. The backend then asks for exact sizes and gives memory back at once, where it would
   * otherwise round and keep it.
   */
  readonly isChecked?: boolean;
  /**
   * Gives memory of at least so many bytes, at a multiple of 64. Its content is undefined.
   * @throws DeviceMemoryError if there is none left
   */
  allocate(bytes: number): Address;
  /** Frees memory that `allocate` gave. Launches that were queued before may still use it. */
  free(address: Address): void;
  /** Copies from the host to the begin of an allocation. `values` may change as soon as it returns. */
  upload(address: Address, values: ArrayBufferView): void;
  /** Copies so many bytes to memory of the host that is the caller's own, after all launches before. */
  download(address: Address, bytes: number): Promise<ArrayBuffer>;
  /** As `download`, but stops the program until it is done. */
  downloadSync(address: Address, bytes: number): ArrayBuffer;
  /** Whether there is a kernel of this name. A device may have some and not others: what needs another one is computed elsewhere. */
  has(kernel: string): boolean;
  /**
   * Bytes that a kernel wants to work in beside its tensors, for a launch of these numbers: what a launch gets as its last address, or 0.
   * Only kernels whose description names a workspace are asked for.
   * @throws MissingKernelError if there is no kernel of this name
   */
  workspace(kernel: string, numbers: readonly number[]): number;
  /**
   * Runs a kernel, or queues it.
   * @returns 0, or 1 + the place of the first input number that the kernel must not use; always 0 from a device that queues
   * @throws MissingKernelError if there is no kernel of this name
   */
  launch(kernel: string, addresses: readonly Address[], numbers: readonly number[]): number;
  /** Waits until all launches are done. */
  synchronize(): Promise<void>;
  /** What is allocated. */
  memory(): DeviceMemory;
  /** Ends threads and frees all memory. From then on a second call and `free` do nothing, and any other call is an error. */
  dispose(): void;
}

/** A device has no kernel of this name. The backend finds another way, where there is one. */
export class MissingKernelError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'MissingKernelError';
  /** The kernel's name. */
  readonly kernel: string;

  constructor(device: string, kernel: string) {
    super(`The ${device} device has no kernel '${kernel}'.`);
    this.kernel = kernel;
  }
}

/** A device has no memory left. The message says how much was asked for, how much is in use, and the way out. */
export class DeviceMemoryError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'DeviceMemoryError';
}
