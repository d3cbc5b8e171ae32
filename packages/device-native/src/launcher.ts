/**
 * Calls kernels. A launch writes addresses and numbers into one record, whose address the kernel takes as a number: that is a third of the
 * cost of handing over an array.
 */
import type { Device } from '@sparse-transformers/backend';
import type { NativeLibrary } from './library.ts';

type Kernel = (record: number) => number;

/** The part of a device that runs kernels: those of one variant. */
export function launcher(library: NativeLibrary, variant: string): Pick<Device, 'has' | 'launch'> {
  const kernels = new Map<string, Kernel | undefined>();
  const find = (name: string): Kernel | undefined => {
    if (!kernels.has(name)) kernels.set(name, library.kernel(`kernel_${name}_${variant}`));
    return kernels.get(name);
  };
  let record = new Float64Array(64);
  let recordAddress = library.addressOf(record);
  return {
    has: (name) => find(name) !== undefined,
    launch: (name, addresses, numbers) => {
      const run = kernels.get(name) ?? find(name);
      if (run === undefined) throw new Error(`The native device has no kernel '${name}'.`);
      const length = addresses.length + numbers.length;
      if (length > record.length) {
        record = new Float64Array(2 * length);
        recordAddress = library.addressOf(record);
      }
      let place = 0;
      for (const address of addresses) record[place++] = address;
      for (const number of numbers) record[place++] = number;
      return run(recordAddress);
    },
  };
}
