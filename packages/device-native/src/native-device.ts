/** The device: the C kernels as a shared library of the machine, called through koffi. */
import type { Address, Device } from '@sparse-transformers/backend';
import { DeviceMemoryError } from '@sparse-transformers/backend';
import { loadLibrary } from './library.ts';

/** Options of `createNativeDevice`. */
export interface NativeDeviceOptions {
  /** Threads in all. Default: one for each core that the process may use. */
  readonly threads?: number;
}

type Kernel = (record: Float64Array) => number;

const recordLength = 128;
const variants = ['plain', 'avx2', 'avx512'] as const;

/** Starts the device. */
export async function createNativeDevice(options: NativeDeviceOptions = {}): Promise<Device> {
  const { availableParallelism } = await import('node:os');
  const { library, path } = await loadLibrary();
  const variant = variants[library.func('int library_variant()')() as number] ?? 'plain';
  const threads =
    1 + (library.func('int pool_start(int)')(options.threads ?? availableParallelism()) as number);
  const allocateMemory = library.func('double memory_allocate(double)') as (bytes: number) => number;
  const freeMemory = library.func('void memory_free(double)') as (address: number) => void;
  const copyIn = library.func('void memory_copy_in(double, const void *, double)');
  const copyOut = library.func('void memory_copy_out(void *, double, double)');
  const stop = library.func('void pool_stop()') as () => void;
  const kernels = new Map<string, Kernel | null>();
  const sizes = new Map<Address, number>();
  let allocated = 0;
  const record = new Float64Array(recordLength);

  const find = (name: string): Kernel | null => {
    const known = kernels.get(name);
    if (known !== undefined) return known;
    let found: Kernel | null = null;
    try {
      found = library.func(`double kernel_${name}_${variant}(const double *)`) as Kernel;
    } catch {
      // The library has no such symbol.
    }
    kernels.set(name, found);
    return found;
  };
  const download = (address: Address, bytes: number): ArrayBuffer => {
    const copy = new ArrayBuffer(bytes);
    copyOut(new Uint8Array(copy), address, bytes);
    return copy;
  };
  return {
    name: 'native',
    description: `C kernels (${variant}), ${threads} thread${threads === 1 ? '' : 's'}, from ${path}`,
    threads,
    allocate: (bytes) => {
      const address = allocateMemory(bytes);
      if (address === 0)
        throw new DeviceMemoryError(
          `${bytes} bytes were asked for, ${allocated} are in use, and the machine has no more.`,
        );
      sizes.set(address, bytes);
      allocated += bytes;
      return address;
    },
    free: (address) => {
      allocated -= sizes.get(address) ?? 0;
      sizes.delete(address);
      freeMemory(address);
    },
    upload: (address, values) => copyIn(address, values, values.byteLength),
    download: async (address, bytes) => download(address, bytes),
    downloadSync: download,
    has: (name) => find(name) !== null,
    launch: (name, addresses, numbers) => {
      const run = find(name);
      if (run === null) throw new Error(`The native device has no kernel '${name}'.`);
      record.set(addresses);
      record.set(numbers, addresses.length);
      return run(record);
    },
    synchronize: async () => {},
    memory: () => ({ allocated, limit: Number.POSITIVE_INFINITY }),
    dispose: () => stop(),
  };
}
