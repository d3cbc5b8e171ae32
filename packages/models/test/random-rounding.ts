import type { Rounding } from '@sparse-transformers/kernels';
import { randomFrom } from '@sparse-transformers/testing';

/**
 * Rounds to one of the two nearest float32 numbers by chance, the nearer one the likelier (Monte Carlo arithmetic, Parker 1997). The plain loops round
 * in one order, which may err little by luck; this tells what another order may err.
 */
export function randomRounding(seed: number): Rounding {
  const random = randomFrom(seed);
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  return (value) => {
    float[0] = value;
    const nearest = float[0];
    if (nearest === value || !Number.isFinite(nearest)) return nearest;
    // Away from 0 the bits count up, on both sides of it.
    bits[0]! += Math.abs(nearest) < Math.abs(value) ? 1 : -1;
    const other = float[0];
    return random.uniform() < Math.abs((value - nearest) / (other - nearest)) ? other : nearest;
  };
}
