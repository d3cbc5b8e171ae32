/** How a kernel of this backend is written: a name and a function from typed inputs to outputs. This file holds the only casts. */
import type {
  KernelConfig,
  KernelFunc,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import type { DeviceBackend } from './device-backend.ts';

/** A kernel before it is registered for a backend. */
export type BackendKernel = Omit<KernelConfig, 'backendName'>;

/** What a kernel gets. */
export interface KernelCall<Inputs, Attributes> {
  /** Tensors by the names that TensorFlow.js gives them. */
  readonly inputs: Inputs;
  /** Everything else. */
  readonly attributes: Attributes;
  /** The backend that runs it. */
  readonly backend: DeviceBackend;
}

/** Writes a kernel. Its outputs are new tensors, or shared ones (`backend.share`): an input is never given back as it is. */
export function kernel<
  Inputs extends NamedTensorInfoMap | TensorInfo[] = NamedTensorInfoMap,
  Attributes = object,
>(
  kernelName: string,
  run: (call: KernelCall<Inputs, Attributes>) => TensorInfo | TensorInfo[],
): BackendKernel {
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
    run({
      inputs: inputs as NamedTensorInfoMap as Inputs,
      attributes: attrs as NamedAttrMap as Attributes,
      backend: backend as DeviceBackend,
    });
  return { kernelName, kernelFunc };
}
