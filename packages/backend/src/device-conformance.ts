/**
 * What every device must satisfy, as a list of facts for any test runner:
 * `for (const fact of deviceConformance(create)) test(fact.name, fact.run)`.
 *
 * Each fact makes a device of its own. The only kernel they need is `fill_float` (address · count, value).
 */
import { type Device, DeviceMemoryError } from './device.ts';

/** One sentence that a device must satisfy. */
export interface DeviceFact {
  /** The sentence. */
  readonly name: string;
  /** Tries it; rejects when it does not hold. */
  run(): Promise<void>;
}

type Trial = (device: Device) => void | Promise<void>;

/** More than one piece of a launch on several threads, and no multiple of anything. */
const many = 1_000_003;

/** The facts, for devices that `create` makes. */
export function deviceConformance(create: () => Promise<Device>): readonly DeviceFact[] {
  return Object.entries({ ...memoryFacts, ...copyFacts, ...launchFacts, ...lifeFacts }).map(
    ([name, trial]) => ({
      name,
      run: async () => {
        const device = await create();
        try {
          await trial(device);
        } finally {
          device.dispose();
        }
      },
    }),
  );
}

const memoryFacts: Record<string, Trial> = {
  'gives memory at multiples of 64': (device) => {
    for (const bytes of [1, 4, 63, 64, 65, 1000, 100_000]) {
      const address = device.allocate(bytes);
      check(address > 0 && address % 64 === 0, `${bytes} bytes came at ${address}`);
    }
  },
  'gives pieces that do not overlap': (device) => {
    const sizes = Array.from({ length: 60 }, (_, index) => 1 + ((index * 7919) % 3000));
    const addresses = sizes.map((bytes) => device.allocate(bytes));
    for (const [index, address] of addresses.entries())
      device.upload(address, filledBytes(sizes[index]!, index));
    for (const [index, address] of addresses.entries()) {
      sameBytes(device.downloadSync(address, sizes[index]!), filledBytes(sizes[index]!, index));
    }
  },
  'counts what is allocated': (device) => {
    const before = device.memory().allocated;
    const address = device.allocate(1_000_000);
    check(device.memory().allocated >= before + 1_000_000, 'a megabyte in use must be counted');
    device.free(address);
    check(device.memory().allocated === before, 'freed memory must not be counted');
  },
  'never has more allocated than its limit': (device) => {
    device.allocate(1000);
    const { allocated, limit } = device.memory();
    check(allocated <= limit, `${allocated} of ${limit}`);
  },
  'gives freed memory out again, for as long as one likes': (device) => {
    const before = device.memory().allocated;
    for (let round = 0; round < 300; round++) device.free(device.allocate(2 ** 24));
    check(device.memory().allocated === before, 'nothing is in use');
  },
  'says so when there is not enough memory, and goes on': (device) => {
    const error = errorOf(() => device.allocate(2 ** 52));
    check(error instanceof DeviceMemoryError, `expected a DeviceMemoryError; got ${error}`);
    const address = device.allocate(64);
    device.upload(address, filledBytes(64, 7));
    sameBytes(device.downloadSync(address, 64), filledBytes(64, 7));
  },
};

const copyFacts: Record<string, Trial> = {
  'gives back the bytes that it was given': async (device) => {
    for (const bytes of [1, 3, 4, 100, many]) {
      const address = device.allocate(bytes);
      device.upload(address, filledBytes(bytes, bytes));
      sameBytes(await device.download(address, bytes), filledBytes(bytes, bytes));
    }
  },
  'takes a view of a part of a buffer': (device) => {
    const address = device.allocate(8);
    device.upload(address, new Float32Array([1, 2, 3, 4]).subarray(1, 3));
    sameNumbers(device, address, [2, 3]);
  },
  'takes the values of an upload at once': (device) => {
    const values = new Float32Array([1, 2]);
    const address = device.allocate(8);
    device.upload(address, values);
    values.fill(9);
    sameNumbers(device, address, [1, 2]);
  },
  'gives the caller memory of their own': async (device) => {
    const address = device.allocate(8);
    device.upload(address, new Float32Array([1, 2]));
    for (const copy of [await device.download(address, 8), device.downloadSync(address, 8)]) {
      check(
        copy instanceof ArrayBuffer && copy.byteLength === 8,
        'an ArrayBuffer of as many bytes as were asked for',
      );
      new Float32Array(copy).fill(9);
    }
    sameNumbers(device, address, [1, 2]);
  },
  'downloads what was there at the call': async (device) => {
    const address = device.allocate(4);
    fill(device, address, 1, 5);
    const copy = device.download(address, 4);
    fill(device, address, 1, 6);
    check(new Float32Array(await copy)[0] === 5, 'a later launch must not be seen');
  },
};

const launchFacts: Record<string, Trial> = {
  'knows its kernels by name': (device) => {
    check(device.has('fill_float'), 'fill_float is a kernel');
    check(!device.has('no_such_kernel'), 'no_such_kernel is none');
  },
  'names a kernel that it does not have': (device) => {
    const error = errorOf(() => device.launch('no_such_kernel', [], []));
    check(/no_such_kernel/.test(String(error)), `the error says: ${error}`);
  },
  'runs a kernel over all of a large buffer': (device) => {
    const address = device.allocate(many * 4);
    check(fill(device, address, many, 1.5) === 0, 'the answer is 0');
    const wrong = new Float32Array(device.downloadSync(address, many * 4)).findIndex(
      (value) => value !== 1.5,
    );
    check(wrong < 0, `the number at ${wrong} is wrong`);
  },
  'writes no further than it is told': (device) => {
    const address = device.allocate(8 * 4);
    device.upload(address, new Float32Array(8).fill(1));
    fill(device, address, 5, 2);
    sameNumbers(device, address, [2, 2, 2, 2, 2, 1, 1, 1]);
  },
  'runs launches in their order': (device) => {
    const address = device.allocate(many * 4);
    for (let value = 1; value <= 20; value++) fill(device, address, value % 2 === 0 ? many : 1, value);
    fill(device, address, 1, 21);
    sameNumbers(device, address, [21, 20]);
  },
  'takes address 0 for a tensor without a cell': (device) => {
    check(fill(device, 0, 0, 1) === 0, 'the answer is 0');
  },
  'takes any number of arguments': (device) => {
    const address = device.allocate(8);
    const others = Array.from({ length: 3000 }, (_, index) => index);
    device.launch('fill_float', [address], [2, 4, ...others]);
    sameNumbers(device, address, [4, 4]);
    fill(device, address, 1, 5);
    sameNumbers(device, address, [5, 4]);
  },
  'launches after its memory has grown': (device) => {
    const address = device.allocate(8);
    fill(device, address, 2, 3);
    const large = device.allocate(2 ** 26);
    fill(device, address, 1, 4);
    fill(device, large, 1, 5);
    sameNumbers(device, address, [4, 3]);
    sameNumbers(device, large, [5]);
  },
};

const lifeFacts: Record<string, Trial> = {
  'says what it is': ({ name, description, threads }) => {
    check(/^[a-z]+$/.test(name), `the name of an engine, not '${name}'`);
    check(description.length > 0, 'a description');
    check(Number.isInteger(threads) && threads >= 1, `${threads} threads`);
  },
  'waits for its launches': async (device) => {
    const address = device.allocate(4);
    fill(device, address, 1, 2);
    await device.synchronize();
    sameNumbers(device, address, [2]);
  },
  'can be disposed of twice, and does nothing afterwards': (device) => {
    const address = device.allocate(4);
    device.dispose();
    device.dispose();
    check(errorOf(() => fill(device, address, 1, 1)) instanceof Error, 'a launch must be refused');
    check(errorOf(() => device.allocate(4)) instanceof Error, 'an allocation must be refused');
  },
};

const fill = (device: Device, address: number, count: number, value: number) =>
  device.launch('fill_float', [address], [count, value]);

/** Bytes that tell their place and whose they are. */
const filledBytes = (bytes: number, seed: number) =>
  Uint8Array.from({ length: bytes }, (_, index) => index * 31 + seed);

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

function sameBytes(got: ArrayBuffer, expected: Uint8Array): void {
  const bytes = new Uint8Array(got);
  check(bytes.length === expected.length, `${bytes.length} bytes came, not ${expected.length}`);
  const wrong = bytes.findIndex((byte, index) => byte !== expected[index]);
  check(wrong < 0, `byte ${wrong} of ${bytes.length} is ${bytes[wrong]}, not ${expected[wrong]}`);
}

function sameNumbers(device: Device, address: number, expected: readonly number[]): void {
  const numbers = [...new Float32Array(device.downloadSync(address, expected.length * 4))];
  check(numbers.join() === expected.join(), `${numbers} came, not ${expected}`);
}
