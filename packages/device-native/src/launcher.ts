/**
 * Calls kernels. A launch writes addresses and numbers into one record, whose address the kernel takes as a number: that is a third of the
 * cost of handing over an array. How many addresses there are stands before the record; how many numbers, in the question for a workspace.
 */
import { type Address, type Device, MissingKernelError } from '@sparse-transformers/backend';
import type { NativeLibrary } from './library.ts';

type Call = (record: number) => number;

const bytesOfField = 8;

/** The part of a device that runs kernels: those of one variant. */
export function launcher(
  library: NativeLibrary,
  variant: string,
): Pick<Device, 'has' | 'workspace' | 'launch'> {
  const kernels = new Map<string, Call | undefined>();
  const workspaces = new Map<string, Call | undefined>();
  const find = (calls: Map<string, Call | undefined>, prefix: string, name: string): Call | undefined => {
    if (!calls.has(name)) calls.set(name, library.kernel(`${prefix}_${name}_${variant}`));
    return calls.get(name);
  };
  let fields = new Float64Array(64);
  let start = library.addressOf(fields);
  const write = (count: number, addresses: readonly Address[], numbers: readonly number[]): number => {
    const length = 1 + addresses.length + numbers.length;
    if (length > fields.length) {
      fields = new Float64Array(2 * length);
      start = library.addressOf(fields);
    }
    let place = 0;
    fields[place++] = count;
    for (const address of addresses) fields[place++] = address;
    for (const number of numbers) fields[place++] = number;
    return start + bytesOfField;
  };
  return {
    has: (name) => find(kernels, 'kernel', name) !== undefined,
    workspace: (name, numbers) => {
      const ask = workspaces.get(name) ?? find(workspaces, 'workspace', name);
      if (ask === undefined) throw new MissingKernelError('native', name);
      return ask(write(numbers.length, [], numbers));
    },
    launch: (name, addresses, numbers) => {
      const run = kernels.get(name) ?? find(kernels, 'kernel', name);
      if (run === undefined) throw new MissingKernelError('native', name);
      return run(write(addresses.length, addresses, numbers));
    },
  };
}
