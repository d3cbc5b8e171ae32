/** What a backend does with an op that its device has no kernel for, and how often it did. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { MissingKernelError } from './device.ts';
import type { Family } from './kernels/families.ts';

/** `warn`: TensorFlow.js's cpu kernel computes it, with a warning once per op. `throw`: a FallbackError. */
export type FallbackMode = 'warn' | 'throw';

/** Why an op isn't computed on the device: its family is never, or the device lacks a kernel of this name. */
export type FallbackReason = Family | MissingKernelError;

/** An op would have been computed outside the device, and the backend was told not to. */
export class FallbackError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'FallbackError';
  /** The kernel's name. */
  readonly op: string;
  /** The family that it belongs to, if that is the reason. */
  readonly family: Family | null;
  /** The kernel that the device lacks, if that is the reason. */
  readonly kernel: string | null;

  constructor(op: string, reason: FallbackReason) {
    super(
      `${op}: ${wordsOf(reason)}, and the backend was registered with fallbacks: 'throw'. ` +
        "Register it with fallbacks: 'warn' to let TensorFlow.js's cpu kernel compute it, with its tensors copied there and back.",
    );
    this.op = op;
    this.family = typeof reason === 'string' ? reason : null;
    this.kernel = typeof reason === 'string' ? null : reason.kernel;
  }
}

/** Counts fall-backs. */
export interface FallbackCounter {
  /**
   * Notes that an op is about to fall back.
   * @throws FallbackError in the mode `throw`
   */
  note(op: string, reason: FallbackReason): void;
  /** How often each op fell back, or would have. */
  counts(): ReadonlyMap<string, number>;
}

/** Counts the fall-backs of one backend. */
export function fallbackCounter(mode: FallbackMode): FallbackCounter {
  const counts = new Map<string, number>();
  return {
    note: (op, reason) => {
      const before = counts.get(op) ?? 0;
      counts.set(op, before + 1);
      if (mode === 'throw') throw new FallbackError(op, reason);
      if (before === 0)
        backend_util.warn(
          `${op} has no kernel on this device (${wordsOf(reason)}): TensorFlow.js's cpu kernel computes it, in plain JavaScript ` +
            'on one thread, and each time its tensors are copied there and back. This is said once per op.',
        );
    },
    counts: () => counts,
  };
}

function wordsOf(reason: FallbackReason): string {
  return typeof reason === 'string'
    ? `it belongs to the ${reason} ops, which are computed elsewhere`
    : `it lacks '${reason.kernel}'`;
}
