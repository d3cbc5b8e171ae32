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
  type DataType,
  getKernel,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
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
      kernel(name, ({ inputs, attributes, backend }) =>
        fallBack(backend, name, family as Family, inputs, attributes as NamedAttrMap),
      ),
    ),
);

/** Tensors of strings need no device: kernels that would read them are computed elsewhere, those that give them a new shape are not. */
export function withStringsElsewhere({ kernelName, kernelFunc, ...rest }: BackendKernel): BackendKernel {
  if (['Identity', 'Reshape', 'ExpandDims'].includes(kernelName)) return { kernelName, kernelFunc, ...rest };
  return {
    ...rest,
    kernelName,
    kernelFunc: (call) => {
      if (!hasStrings(call.inputs) && call.attrs?.['dtype'] !== 'string') return kernelFunc(call);
      return fallBack(call.backend as DeviceBackend, kernelName, 'string', call.inputs, call.attrs ?? {});
    },
  };
}

/** Whether any input is of strings. Each call of each kernel asks this: it makes no garbage. */
function hasStrings(inputs: NamedTensorInfoMap): boolean {
  for (const name in inputs) {
    const input: Input = inputs[name];
    if (Array.isArray(input) ? input.some(({ dtype }) => dtype === 'string') : input?.dtype === 'string')
      return true;
  }
  return false;
}

/** Computes an op by TensorFlow.js's cpu kernel. */
function fallBack(
  backend: DeviceBackend,
  op: string,
  family: Family,
  inputs: NamedTensorInfoMap,
  attributes: NamedAttrMap,
): TensorInfo | TensorInfo[] {
  backend.fallbackCounter.note(op, family);
  const host = cpu ?? start(requireCpu(op));
  const copies = copyInputs(inputs, (tensor) => toHost(tensor, backend, host));
  const outputs = runHere(host, op, copies, attributes);
  for (const copy of tensorsOf(copies)) host.disposeData(copy.dataId);
  const toDevice = (output: TensorInfo) => fromHost(output, backend, host);
  return Array.isArray(outputs) ? outputs.map(toDevice) : toDevice(outputs);
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

/** All tensors of a kernel's inputs. */
function tensorsOf(inputs: NamedTensorInfoMap): TensorInfo[] {
  const all: Input[] = Object.values(inputs);
  return all.flat().filter((tensor) => tensor !== null && tensor !== undefined);
}

function copyInputs(
  inputs: NamedTensorInfoMap,
  copy: (tensor: TensorInfo) => TensorInfo,
): NamedTensorInfoMap {
  const copyAny = (tensor: TensorInfo | undefined) => (tensor ? copy(tensor) : tensor);
  const copies = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, copyAny(tensor)]));
  return Array.isArray(inputs) ? Object.assign([], copies) : copies;
}

function toHost(tensor: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const { shape, dtype } = tensor;
  if (dtype === 'complex64') return complexToHost(tensor, backend, host);
  // Some kernels of the cpu backend ask for the rank, as if all inputs were whole tensors.
  return Object.assign(host.makeTensorInfo(shape, dtype, backend.valuesOf(tensor)), { rank: shape.length });
}

function complexToHost(tensor: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const [real, imag] = partsWithShape(backend, tensor).map((part) => toHost(part, backend, host));
  const whole = runHere(host, 'Complex', { real, imag }, {}) as TensorInfo;
  for (const part of [real, imag]) if (part) host.disposeData(part.dataId);
  return whole;
}

function fromHost(output: TensorInfo, backend: DeviceBackend, host: MathBackendCPU): TensorInfo {
  const copy = ({ dataId, shape, dtype }: TensorInfo, as: DataType = dtype) =>
    backend.makeFrom(host.readSync(dataId), shape, as);
  const parts = output.dtype === 'complex64' ? host.data.get(output.dataId).complexTensorInfos : undefined;
  const result = parts ? backend.makeComplex(copy(parts.real), copy(parts.imag)) : copy(output);
  host.disposeData(output.dataId);
  return result;
}
