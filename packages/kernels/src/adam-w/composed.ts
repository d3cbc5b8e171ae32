import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { add, div, mul, sqrt, square, sub, tidy, unstack } from '@tensorflow/tfjs-core';
import type { AdamWParameter } from './op.ts';

/** One variable at a time, so that the temporaries of one are gone before the next. */
export function composedAdamW(parameters: readonly AdamWParameter[], numbers: Tensor1D): void {
  tidy(() => {
    const scalars = unstack(numbers) as Scalar[];
    for (const parameter of parameters) tidy(() => move(parameter, scalars));
  });
}

function move({ weight, first, second, gradient, decays }: AdamWParameter, scalars: Scalar[]): void {
  const [keepFirst, takeFirst, keepSecond, takeSecond, rate, epsilon, keep] = scalars;
  const mean = add(mul(first, keepFirst!), mul(gradient, takeFirst!));
  const meanSquare = add(mul(second, keepSecond!), mul(square(gradient), takeSecond!));
  const direction = div(mean, add(sqrt(meanSquare), epsilon!));
  const kept = decays ? mul(weight, keep!) : weight;
  first.assign(mean);
  second.assign(meanSquare);
  weight.assign(sub(kept, mul(direction, rate!)));
}
