/** Runs a case on a device, and on TensorFlow.js's cpu backend, and compares what comes out. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  DataStorage,
  type DataType,
  engine,
  getKernel,
  type KernelFunc,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../../src/index.ts';
import type { Case } from './case.ts';
import type { Given } from './random.ts';

/** A tensor that came out. */
interface Output {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: readonly number[];
}

/** What a kernel gave, or how it refused. */
export type Outcome = { readonly outputs: readonly Output[] } | { readonly error: Error };

/** What a backend needs to run a case. */
interface Host {
  readonly backendName: string;
  readonly backend: unknown;
  make(given: Given): TensorInfo;
  read(tensor: TensorInfo): ArrayLike<number>;
  release(tensor: TensorInfo): void;
}

const kernelFunc = (name: string, backendName: string): KernelFunc => {
  const found = getKernel(name, backendName);
  if (!found) throw new Error(`The backend ${backendName} has no kernel ${name}.`);
  return found.kernelFunc;
};

const parts = ({ shape, values }: Given): [real: Given, imag: Given] => [
  { shape, dtype: 'float32', values: values.filter((_, place) => place % 2 === 0) },
  { shape, dtype: 'float32', values: values.filter((_, place) => place % 2 === 1) },
];

const typed = ({ dtype, values }: Given) =>
  dtype === 'float32'
    ? Float32Array.from(values)
    : dtype === 'int32'
      ? Int32Array.from(values)
      : Uint8Array.from(values);

/** A device's backend. */
export function deviceHost(backendName: string, backend: DeviceBackend): Host {
  const make = (given: Given): TensorInfo => {
    if (given.dtype !== 'complex64') return backend.makeFrom(typed(given), given.shape, given.dtype);
    const [real, imag] = parts(given);
    return backend.makeComplex(make(real), make(imag));
  };
  return {
    backendName,
    backend,
    make,
    read: (tensor) => backend.valuesOf(tensor) as Float32Array,
    release: (tensor) => backend.release(tensor),
  };
}

/** TensorFlow.js's own, which forgets everything when a case is done. */
export function stockHost(): Host {
  const backend = new MathBackendCPU();
  const make = (given: Given): TensorInfo => {
    const { shape, dtype } = given;
    if (dtype !== 'complex64') return backend.makeTensorInfo([...shape], dtype, typed(given));
    const [real, imag] = parts(given).map(make);
    return kernelFunc('Complex', 'cpu')({ inputs: { real, imag } as never, backend }) as TensorInfo;
  };
  return {
    backendName: 'cpu',
    backend,
    make,
    read: (tensor) => backend.readSync(tensor.dataId) as Float32Array,
    release: () => {
      backend.data = new DataStorage(backend, engine());
    },
  };
}

/** Runs a case, and lets everything go that it made. `ready` is called when its inputs are there. */
export function outcomeOf(
  host: Host,
  kernelName: string,
  { inputs, attributes = {} }: Case,
  ready: () => void = () => {},
): Outcome {
  const made: TensorInfo[] = [];
  const make = (given: Given | Given[] | undefined): TensorInfo | TensorInfo[] | undefined => {
    if (given === undefined) return undefined;
    if (Array.isArray(given)) return given.map((one) => make(one) as TensorInfo);
    // Some kernels of the cpu backend ask for the rank, as if all inputs were whole tensors.
    const tensor = Object.assign(host.make(given), {
      rank: given.shape.length,
      size: util.sizeFromShape([...given.shape]),
    });
    made.push(tensor);
    return tensor;
  };
  const tensors = Object.assign(
    Array.isArray(inputs) ? [] : {},
    Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, make(given)])),
  );
  try {
    const run = kernelFunc(kernelName, host.backendName);
    const given = { inputs: tensors, attrs: attributes, backend: host.backend } as Parameters<KernelFunc>[0];
    ready();
    const outputs = [run(given)].flat();
    made.push(...outputs);
    return {
      outputs: outputs.map((tensor) => ({
        shape: tensor.shape,
        dtype: tensor.dtype,
        values: tensor.dtype === 'string' ? [] : Array.from(host.read(tensor)),
      })),
    };
  } catch (error) {
    return { error: error as Error };
  } finally {
    for (const tensor of made) host.release(tensor);
  }
}

/** Whether an error is of code that went on with what it should have refused. */
export const isAccident = ({ message }: Error) =>
  /Cannot read|is not a function|not iterable|undefined is/.test(message);

/** A float may be off by so much of itself, or of 1: functions are computed in float32 here, in float64 there. */
const margin = 2e-5;

/** How two outcomes differ, in words; null if they don't. */
export function difference(ours: Outcome, stock: Outcome): string | null {
  if ('error' in ours) return 'error' in stock ? null : `refused: ${ours.error.message.slice(0, 200)}`;
  if ('error' in stock && (isAccident(stock.error) || stock.error.message.includes('complex64'))) return null; // ours has more of them
  if ('error' in stock) return `not refused, but TensorFlow.js does: ${stock.error.message.slice(0, 200)}`;
  if (ours.outputs.length !== stock.outputs.length) return `${ours.outputs.length} outputs`;
  for (const [place, { shape, values }] of ours.outputs.entries()) {
    const expected = stock.outputs[place]!;
    if (!util.arraysEqual([...shape], [...expected.shape])) return `shape [${shape}] for [${expected.shape}]`;
    const wrong = values.findIndex((value, cell) => !isNear(value, expected.values[cell]!));
    if (wrong >= 0)
      return `cell ${wrong} of output ${place} is ${values[wrong]} for ${expected.values[wrong]}`;
  }
  return null;
}

function isNear(value: number, expected: number): boolean {
  if (Object.is(value, expected) || value === expected) return true;
  return Math.abs(value - expected) <= margin * Math.max(1, Math.abs(expected));
}
