import { differentiate } from '@sparse-transformers/kernels';
import { dispose, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.ts';

/** The value of a loss and what it asks of each variable. All tensors belong to the caller, who disposes of them. */
export interface ValueAndGradients {
  /** The loss, a scalar. */
  readonly value: Scalar;
  /** By the name of the variable, in the variables' order and shapes. */
  readonly gradients: Map<string, Tensor>;
}

/**
 * Runs a loss function and differentiates it with respect to named variables.
 * What the function makes on its way is disposed of.
 *
 * @param variables the variables by name; at least one; all of them must take part in the loss
 * @param lossFunction gives the loss, a scalar; asynchronous functions can't be differentiated
 * @throws TrainingError if there are no variables, the loss is not a scalar, or it doesn't depend on a variable (named)
 */
export function valueAndGradients(
  variables: ReadonlyMap<string, Variable>,
  lossFunction: () => Tensor,
): ValueAndGradients {
  if (variables.size === 0)
    throw new TrainingError('valueAndGradients: expected at least one variable; got none.');
  const { value, gradients: found } = differentiate(
    () => checkScalar(lossFunction()),
    [...variables.values()],
  );
  const gradients = new Map<string, Tensor>();
  for (const [index, name] of [...variables.keys()].entries()) {
    const gradient = found[index];
    if (gradient) gradients.set(name, gradient);
  }
  if (gradients.size < variables.size) {
    dispose([value, ...gradients.values()]);
    throw new TrainingError(missingMessage([...variables.keys()].filter((name) => !gradients.has(name))));
  }
  return { value, gradients };
}

function checkScalar(loss: Tensor): Scalar {
  if (isScalar(loss)) return loss;
  throw new TrainingError(
    `valueAndGradients: the loss must be a scalar (take its mean); got shape [${loss.shape}].`,
  );
}

function isScalar(loss: Tensor): loss is Scalar {
  return loss.rank === 0;
}

function missingMessage(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => JSON.stringify(name));
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return (
    `valueAndGradients: the loss does not depend on ${shown.join(', ')}${more}, so no gradient exists. ` +
    'Use the variable inside the loss function, or leave it out of the variables.'
  );
}
