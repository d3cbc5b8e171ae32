/**
 * The gradient of `tf.einsum`, which TensorFlow.js lacks. The gradient of one operand is again an einsum: of dy and the other operand, with the
 * letters of the operand as the result. Letters that only this operand has were summed over: the gradient is the same along them.
 */
import type { GradFunc, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { broadcastTo, Einsum, einsum, getGradient, registerGradient, reshape } from '@tensorflow/tfjs-core';

/** Gives dOperand. */
function gradientOf(dy: Tensor, operands: readonly Tensor[], equation: string, place: number): Tensor {
  const [inputs = '', output = ''] = equation.replace(/\s/g, '').split('->');
  const terms = inputs.split(',');
  const own = [...(terms[place] ?? '')];
  const others = terms.flatMap((letters, term) => (term === place ? [] : [letters]));
  const reached = own.filter(
    (letter) => output.includes(letter) || others.some((letters) => letters.includes(letter)),
  );
  const factors = operands.filter((_, operand) => operand !== place);
  const gradient = einsum(`${[output, ...others].join(',')}->${reached.join('')}`, dy, ...factors);
  const { shape } = operands[place]!;
  const kept = shape.map((size, axis) => (reached.includes(own[axis]!) ? size : 1));
  return broadcastTo(reshape(gradient, kept), shape);
}

const gradFunc: GradFunc = (dy, saved, attributes: NamedAttrMap) => {
  const equation = attributes['equation'] as string;
  const thunks = saved.map((_, place) => () => gradientOf(dy as Tensor, saved, equation, place));
  return Object.fromEntries(thunks.entries());
};

/** Registers the gradient, for all backends, unless somebody did. */
export function registerEinsumGradient(): void {
  if (getGradient(Einsum)) return;
  registerGradient({ kernelName: Einsum, saveAllInputs: true, gradFunc });
}
