/**
 * How a kernel of this backend is written: a name, the dtypes that it takes, and a function from inputs to outputs. run-kernel.ts makes a
 * kernel of TensorFlow.js of it, which sees to it that the function gets nothing but what was declared, and that an error leaves nothing
 * behind. This file holds the only casts.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from './device-backend.ts';
import type { Accepts } from './dtypes.ts';

/** What a kernel gets. */
interface KernelCall<Inputs, Attributes> {
  /** Tensors by the names that TensorFlow.js gives them, in the dtypes that were declared. */
  readonly inputs: Inputs;
  /** Everything else. */
  readonly attributes: Attributes;
  /** The backend that runs it. */
  readonly backend: DeviceBackend;
}

/** What else a kernel says of itself. */
export interface KernelTraits {
  /**
   * Inputs, by their names or all of them, that must have one dtype, or get one before anything else: the widest of theirs, or that of the
   * first; where one alone has cells, its own.
   */
  readonly alike?: { readonly inputs: 'all' | readonly string[]; readonly to: 'widest' | 'first' | 'same' };
  /** The output gets the dtype that this input came in, its numbers as a typed array stores them; complex numbers stay what they are. */
  readonly gives?: string;
  /**
   * Of an op that TensorFlow.js has no kernel for: the kernels of the device that it launches. Where one is missing the op is not registered, and
   * its composed form serves. TensorFlow.js's own ops need no list: a call that a device has no kernel for is computed by the stock cpu kernel.
   */
  readonly needs?: readonly string[];
}

/** What computes: new tensors, or shared ones (`backend.share`); an input is never given back as it is. */
export type Run<Inputs, Attributes> = (call: KernelCall<Inputs, Attributes>) => TensorInfo | TensorInfo[];

/** A kernel before it is registered for a backend. */
export interface BackendKernel extends KernelTraits {
  readonly kernelName: string;
  /** By the names of the inputs, or for all of them by `each`. An input may be a list. */
  readonly takes: Readonly<Record<string, Accepts>>;
  readonly run: Run<never, never>;
}

/** The dtypes of inputs that have names of their own, or of any number of them. */
type Takes<Inputs> = string extends keyof Inputs
  ? { readonly each: Accepts }
  : Inputs extends readonly unknown[]
    ? { readonly each: Accepts }
    : { readonly [Name in keyof Inputs]-?: Accepts };

/** Declares a kernel. */
export function kernel<Inputs extends object, Attributes = object>(
  kernelName: string,
  takes: Takes<Inputs>,
  run: Run<Inputs, Attributes>,
  traits: KernelTraits = {},
): BackendKernel {
  return { kernelName, takes: takes as Readonly<Record<string, Accepts>>, run, ...traits };
}
