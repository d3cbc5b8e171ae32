/** Sums over rows are made in pieces that depend on the shape alone, so that their bits don't depend on threads. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Address } from '../device.ts';
import type { DeviceBackend } from '../device-backend.ts';

/** A tensor as rows of its last axis, and how its rows are cut into pieces. */
export interface RowPieces {
  /** Everything but the last axis. */
  readonly rows: number;
  /** The last axis. */
  readonly width: number;
  /** Rows of a piece; the last one may have fewer. */
  readonly pieceRows: number;
  /** Pieces in all. */
  readonly pieces: number;
}

const mostPieces = 64;
/** Fewer numbers aren't worth handing to a thread. */
const smallWork = 16384;

/** The rows of the last axis, and their number. */
export function rowsOf({ shape }: TensorInfo): { rows: number; width: number } {
  const width = shape.at(-1) ?? 1;
  return { rows: width === 0 ? 0 : util.sizeFromShape(shape) / width, width };
}

/** Cuts a tensor's rows into pieces. */
export function rowPieces(tensor: TensorInfo): RowPieces {
  const { rows, width } = rowsOf(tensor);
  const pieceRows = Math.max(1, Math.ceil(rows / mostPieces), Math.ceil(smallWork / Math.max(1, width)));
  return { rows, width, pieceRows, pieces: Math.ceil(rows / pieceRows) };
}

/** Lends scratch memory of so many floats to `run`. */
export function withScratch(
  backend: DeviceBackend,
  floats: number,
  purpose: string,
  run: (scratch: Address) => void,
): void {
  const scratch = backend.borrow(floats * 4, purpose);
  run(scratch);
  backend.giveBack(scratch);
}
