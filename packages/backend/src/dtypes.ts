/**
 * What kernels say of the dtypes of their inputs. A kernel's code reads bytes as what it was written for, so a tensor of another dtype must
 * never reach it: its declaration names, for each dtype, the one that the kernel gets the tensor in. What is not named is refused.
 */
import type { DataType } from '@tensorflow/tfjs-core';

/** The dtype that a tensor of each dtype is handed over in. */
export type Accepts = { readonly [Given in DataType]?: DataType } & {
  /** The input may be left out. */
  readonly isOptional?: true;
};

/** Numbers as floats. */
export const asFloat = { float32: 'float32', int32: 'float32', bool: 'float32' } as const satisfies Accepts;

/** Numbers to compute with: truth values are whole numbers. */
export const asNumber = { float32: 'float32', int32: 'int32', bool: 'int32' } as const satisfies Accepts;

/** Floats, whole numbers and truth values, each as it is. */
export const asIs = { float32: 'float32', int32: 'int32', bool: 'bool' } as const satisfies Accepts;

/** Cells that are only moved. */
export const anyCells = { ...asIs, complex64: 'complex64' } as const satisfies Accepts;

/** What only gets another shape. */
export const anything = { ...anyCells, string: 'string' } as const satisfies Accepts;

/** Floats and nothing else. */
export const onlyFloat = { float32: 'float32' } as const satisfies Accepts;

/** Whole numbers and nothing else. */
export const onlyInt = { int32: 'int32' } as const satisfies Accepts;

/** Truth values and nothing else. */
export const onlyTruth = { bool: 'bool' } as const satisfies Accepts;

/** Complex numbers and nothing else. */
export const onlyComplex = { complex64: 'complex64' } as const satisfies Accepts;

/** The same for an input that may be left out. */
export function optional(accepts: Accepts): Accepts {
  return { ...accepts, isOptional: true };
}
