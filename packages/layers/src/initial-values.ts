/** Where weights start: constants, or normal numbers from a counter-based generator, so that a seed fixes every weight. */
import { philox } from '@sparse-transformers/kernels';

/** One number for all cells, or normal numbers of mean 0. */
export type InitialValues = ConstantValues | NormalValues;

/** The same number in all cells. */
export interface ConstantValues {
  /** The number. */
  readonly constant: number;
}

/** Normal numbers of mean 0. */
export interface NormalValues {
  /** Their standard deviation. */
  readonly deviation: number;
  /** Whole number from 0 to 2⁵³ − 1: the run. */
  readonly seed: number;
  /** Whole number from 0 to 2³² − 1: the weight, so that each has numbers of its own. */
  readonly stream: number;
}

const wordSize = 2 ** 32;

/** The first `size` values. The same seed and stream give the same bits wherever Math.log, Math.cos and Math.sin do. */
export function initialValues(size: number, values: InitialValues): Float32Array {
  if ('constant' in values) return new Float32Array(size).fill(values.constant);
  const { deviation, seed, stream } = values;
  const out = new Float32Array(size);
  const words = new Uint32Array(4);
  for (let start = 0; start < size; start += 4) {
    words.set([start / 4, 1, stream, 0]);
    philox(words, seed % wordSize, Math.floor(seed / wordSize));
    const normals = [...normalPair(words[0]!, words[1]!), ...normalPair(words[2]!, words[3]!)];
    for (let i = 0; i < 4 && start + i < size; i++) out[start + i] = normals[i]! * deviation;
  }
  return out;
}

/** Two independent normal numbers from two words (Box and Muller 1958). */
function normalPair(a: number, b: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log((a + 1) / wordSize));
  const angle = (2 * Math.PI * b) / wordSize;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
