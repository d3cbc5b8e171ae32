/** Inputs from a seed: numbers that float32 holds exactly, so that all precisions start from the same values. */

/** Numbers from a seed. */
export interface Random {
  /** Uniform from 0 to below 1. */
  uniform(): number;
  /** `count` normal numbers times `scale`, each exactly a float32. */
  normals(count: number, scale?: number): Float64Array;
  /** `count` whole numbers from 0 to below `limit`. */
  integers(count: number, limit: number): Int32Array;
}

/** The generator mulberry32: 32 bits of state, enough for test inputs. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normals: (count, scale = 1) => Float64Array.from({ length: count }, () => Math.fround(scale * normal())),
    integers: (count, limit) => Int32Array.from({ length: count }, () => Math.floor(uniform() * limit)),
  };
}
