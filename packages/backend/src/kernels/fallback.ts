/// <reference types="node" />
/**
 * Kernels that TensorFlow.js's cpu backend computes: their inputs are copied to it and their outputs back.
 *
 * The cpu backend is loaded at the first fall-back, so that a program without one doesn't pay for it. Kernels can't wait, hence `require`,
 * which browsers lack: there a program awaits `loadFallbacks()` once, before. Loading registers the backend `cpu` with TensorFlow.js, as
 * any import of it does, but selects nothing; what is computed here goes through an instance of its own.
 */

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  DataStorage,
  type DataType,
  engine,
  getKernel,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anything, optional } from '../dtypes.ts';
import type { FallbackReason } from '../fallbacks.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { partsWithShape } from './complex.ts';
import { type Family, familyKernels } from './families.ts';

type CpuModule = typeof import('@tensorflow/tfjs-backend-cpu');

let cpu: MathBackendCPU | undefined;

/** Loads what fall-backs compute with. Node does it by itself at the first fall-back; a browser must have done it before. */
export async function loadFallbacks(): Promise<void> {
  if (cpu === undefined) start(await import('@tensorflow/tfjs-backend-cpu'));
}

/** The kernels of the families that are computed elsewhere. */
export const fallbackKernels: readonly BackendKernel[] = Object.entries(familyKernels).flatMap(
  ([family, names]) =>
    names.map((name) =>
      kernel<NamedTensorInfoMap>(name, { each: optional(anything) }, ({ inputs, attributes, backend }) =>
        fallBack(backend, name, family as Family, inputs, attributes as NamedAttrMap),
      ),
    ),
);

/** Computes an op by TensorFlow.js's cpu kernel, which leaves nothing behind there, whatever happens. */
export function fallBack(
  backend: DeviceBackend,
  op: string,
  reason: FallbackReason,
  inputs: NamedTensorInfoMap,
  attributes: NamedAttrMap,
): TensorInfo | TensorInfo[] {
  backend.fallbackCounter.note(op, reason);
  const host = cpu ?? start(requireCpu(op));
  try {
    const copies = copyInputs(inputs, (tensor) => toHost(tensor, backend, host));
    const outputs = runHere(host, op, copies, attributes);
    const toDevice = (output: TensorInfo) => fromHost(output, backend, host);
    return Array.isArray(outputs) ? outputs.map(toDevice) : toDevice(outputs);
  } finally {
    host.data = new DataStorage(host, engine());
  }
}

function runHere(host: MathBackendCPU, op: string, inputs: NamedTensorInfoMap, attributes: NamedAttrMap) {
  const found = getKernel(op, 'cpu');
  if (!found) throw new Error(`${op}: the cpu backend of TensorFlow.js that is loaded has no such kernel.`);
  return found.kernelFunc({ inputs, attrs: attributes, backend: host });
}

function start({ MathBackendCPU }: CpuModule): MathBackendCPU {
  cpu = new MathBackendCPU();
  return cpu;
}

function requireCpu(op: string): CpuModule {
  const createRequire = globalThis.process?.getBuiltinModule?.('node:module').createRequire;
  if (!createRequire)
    throw new Error(
      `${op}: it is computed by TensorFlow.js's cpu kernels, which aren't loaded. Call \`await loadFallbacks()\` before.`,
    );
  return createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu') as CpuModule;
}

/** Some inputs are lists, and some that may be left out stand there as null. */
type Input = TensorInfo | TensorInfo[] | null | undefined;

function copyInputs(
  inputs: Readonly<Record<string, Input>>,
  copy: (tensor: TensorInfo) => TensorInfo,
): NamedTensorInfoMap {
  const copyAny = (input: Input) => (Array.isArray(input) ? input.map(copy) : input && copy(input));
  const copies = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, copyAny(input)]));
  return (Array.isArray(inputs) ? Object.assign([], copies) : copies) as NamedTensorInfoMap;
}

function toHost(tensor: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const { shape, dtype } = tensor;
  if (dtype === 'complex64') return complexToHost(tensor, backend, host);
  // Some kernels of the cpu backend ask for the rank, as if all inputs were whole tensors.
  return Object.assign(host.makeTensorInfo(shape, dtype, backend.valuesOf(tensor)), { rank: shape.length });
}

function complexToHost(tensor: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const [real, imag] = partsWithShape(backend, tensor).map((part) => toHost(part, backend, host));
  return runHere(host, 'Complex', { real, imag }, {}) as TensorInfo;
}

function fromHost(output: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const copy = ({ dataId, shape, dtype }: TensorInfo, as: DataType = dtype) =>
    backend.makeFrom(host.readSync(dataId), shape, as);
  const parts = output.dtype === 'complex64' ? host.data.get(output.dataId).complexTensorInfos : undefined;
  return parts ? backend.makeComplex(copy(parts.real), copy(parts.imag)) : copy(output);
}
