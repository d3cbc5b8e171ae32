/** The device: the C kernels as a shared library of the machine, called through koffi. */
import { availableParallelism } from 'node:os';
import type { Device } from '@sparse-transformers/backend';
import { launcher } from './launcher.ts';
import { loadLibrary, type NativeLibrary } from './library.ts';
import { nativeMemory } from './native-memory.ts';

/** A set of instructions that the kernels are compiled for. `plain` is what every machine of an architecture has. */
export type NativeVariant = 'plain' | 'avx2' | 'avx512' | 'neon';

/** Options of `createNativeDevice`. */
export interface NativeDeviceOptions {
  /** Threads in all, from 1 to 256. Default: one for each core that the process may use, or as many as a device of this process has already. */
  readonly threads?: number;
  /** The instructions to use. Default: the best that the machine has. */
  readonly variant?: NativeVariant;
}

/**
 * Starts the device. Devices of one process share one pool of threads, and run one launch on it at a time. It belongs to the JavaScript thread
 * that starts it, and ends with it: the library gives back what a thread held.
 *
 * @throws NativeLibraryError if the library is missing, damaged, of another version, or doesn't load
 * @throws RangeError for a variant that the machine lacks, or another number of threads than a device of this process has
 */
export async function createNativeDevice(options: NativeDeviceOptions = {}): Promise<Device> {
  const library = await loadLibrary();
  const variant = chooseVariant(library, options.variant);
  const threads = joinPool(library, options.threads);
  const leavePool = library.function('void pool_leave()') as () => void;
  const memory = nativeMemory(library);
  const kernels = launcher(library, variant);
  let isDisposed = false;
  const whileAlive = () => {
    if (isDisposed) throw new Error('The native device was disposed of.');
  };
  const dispose = () => {
    if (isDisposed) return;
    isDisposed = true;
    leavePool();
    memory.freeAll();
  };
  return {
    name: 'native',
    description: `C kernels ${library.version} (${variant}), ${threads} thread${threads === 1 ? '' : 's'}, from ${library.path}`,
    threads,
    allocate: (bytes) => {
      whileAlive();
      return memory.allocate(bytes);
    },
    free: (address) => memory.free(address),
    upload: (address, values) => memory.upload(address, values),
    download: async (address, bytes) => memory.downloadSync(address, bytes),
    downloadSync: (address, bytes) => memory.downloadSync(address, bytes),
    has: (kernel) => kernels.has(kernel),
    workspace: (kernel, numbers) => kernels.workspace(kernel, numbers),
    launch: (kernel, addresses, numbers) => {
      whileAlive();
      return kernels.launch(kernel, addresses, numbers);
    },
    synchronize: async () => {},
    memory: () => memory.memory(),
    dispose,
  };
}

function chooseVariant(library: NativeLibrary, asked?: NativeVariant): NativeVariant {
  const best = library.function('const char *library_variant()')() as NativeVariant;
  const runs = library.function('int library_runs(const char *)') as (variant: string) => number;
  if (asked === undefined || runs(asked) === 1) return asked ?? best;
  throw new RangeError(
    `createNativeDevice: the variant '${asked}' doesn't run on this machine; the best that does is '${best}'.`,
  );
}

function joinPool(library: NativeLibrary, asked?: number): number {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= 256))
    throw new RangeError(`createNativeDevice: threads must be a whole number from 1 to 256; got ${asked}.`);
  const join = library.function('int pool_join(int, int)') as (asked: number, otherwise: number) => number;
  const threads = join(asked ?? 0, Math.min(availableParallelism(), 256));
  if (threads > 0) return threads;
  if (threads === 0) throw new Error('createNativeDevice: the system has no room for another device.');
  throw new RangeError(
    `createNativeDevice: ${asked} threads were asked for, and devices of this process use a pool of ${-threads}. ` +
      'Ask for the same number or none, or dispose of those devices first.',
  );
}
