/**
 * The way back through a loss, with little memory: the same gradients as TensorFlow.js's own walk, bit for bit, but what is not needed any
 * more is freed at once. TensorFlow.js frees nothing before the end, so its steps peak at three times what forward keeps.
 *
 * TensorFlow.js writes a tape while the loss runs: for each op its inputs, its outputs, the tensors saved for its gradient (clones that share
 * their data), and the gradient itself. This file
 *
 * - lets the saved tensors of some ops go while the loss still runs: their gradients look at shapes alone;
 * - lets those go that no path from the variables to the loss needs, before it goes back;
 * - walks back, and frees each op's saved tensors and the gradients of its outputs as soon as its own gradients are there.
 *
 * A tensor with several users gets their gradients added in the order of the walk, which is TensorFlow.js's own.
 */
import { add, clone, engine, fill, ones, type Tensor, tidy, util } from '@tensorflow/tfjs-core';

type TapeNode = ReturnType<typeof engine>['state']['activeTape'][number];

/** What a function gives, and its gradient for each input. */
export interface Differentiated<Value extends Tensor> {
  /** What the function gave. */
  readonly value: Value;
  /** In the order of the inputs; undefined for an input that the value does not depend on. */
  readonly gradients: (Tensor | undefined)[];
}

/** Kernels of TensorFlow.js whose gradients read nothing but the shapes of what is saved for them. */
const shapesOnly: ReadonlySet<string> = new Set([
  'Add',
  'AddN',
  'Concat',
  'ExpandDims',
  'Mean',
  'Pack',
  'PadV2',
  'Reshape',
  'Slice',
  'Sub',
  'Sum',
]);

/** A tape that keeps no more than gradients will read. Shapes can be read from tensors that are disposed of. */
class LeanTape extends Array<TapeNode> {
  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) if (shapesOnly.has(node.kernelName)) releaseSaved(node);
    return super.push(...nodes);
  }
}

/**
 * Runs a function and differentiates it with respect to tensors. What the function makes on its way is disposed of. All tensors given back
 * belong to the caller. Inside another gradient it leaves the work to TensorFlow.js.
 *
 * @param f gives one tensor; asynchronous functions can't be differentiated
 * @param dy the gradient of the value, in its shape; ones unless given
 */
export function differentiate<Value extends Tensor>(
  f: () => Value,
  inputs: readonly Tensor[],
  dy?: Tensor,
): Differentiated<Value> {
  if (engine().state.gradientDepth > 0) {
    const { value, grads } = engine().gradients<Tensor>(f, [...inputs], dy, true);
    return { value: value as Value, gradients: grads };
  }
  const { value, tape } = record(f);
  try {
    // Its own tensor: the walk disposes of it.
    return {
      value,
      gradients: tidy(() => walkBack(value, dy ? clone(dy) : ones(value.shape), inputs, tape)),
    };
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    tape.forEach(releaseSaved);
  }
}

/** Runs a function with a tape. */
function record<Value extends Tensor>(f: () => Value): { value: Value; tape: TapeNode[] } {
  const { state } = engine();
  const tape = new LeanTape();
  const outer = state.activeTape; // of a walk of TensorFlow.js that has come to an op that differentiates
  state.activeTape = tape;
  state.gradientDepth++;
  try {
    return { value: tidy(f), tape };
  } catch (error) {
    tape.forEach(releaseSaved);
    throw error;
  } finally {
    state.gradientDepth--;
    state.activeTape = outer;
  }
}

/** Lets go of what an op on a tape saved for its gradient. */
export function releaseSaved({ saved }: TapeNode): void {
  for (const tensor of saved ?? []) tensor.dispose();
}

function walkBack(
  value: Tensor,
  dy: Tensor,
  inputs: readonly Tensor[],
  tape: readonly TapeNode[],
): (Tensor | undefined)[] {
  const steps = pathFrom(inputs, value, tape);
  const wanted = new Set(inputs.map(({ id }) => id));
  const gradients = new Map<number, Tensor>([[value.id, dy]]);
  for (const step of steps.reverse()) {
    for (const [x, gradient] of gradientsOf(step, gradients)) accumulate(gradients, x, gradient);
    for (const { id } of step.node.outputs) if (!wanted.has(id)) take(gradients, id)?.dispose();
    releaseSaved(step.node);
  }
  return inputs.map(({ id }) => gradients.get(id));
}

/** An op on the way from the inputs to the value, and those of its inputs that depend on them. */
interface Step {
  readonly node: TapeNode;
  readonly inputs: readonly [name: string, x: Tensor][];
}

/** The ops between inputs and value, in the order of the tape. What the others saved is let go. */
function pathFrom(inputs: readonly Tensor[], value: Tensor, tape: readonly TapeNode[]): Step[] {
  const fromInputs = new Set(inputs.map(({ id }) => id));
  const steps = tape.map((node): Step => {
    const dependent = Object.entries(node.inputs).filter(([, x]) => fromInputs.has(x.id));
    if (dependent.length > 0) for (const { id } of node.outputs) fromInputs.add(id);
    return { node, inputs: dependent };
  });
  const toValue = new Set([value.id]);
  const path: Step[] = [];
  for (const step of steps.reverse()) {
    const leads = step.node.outputs.some(({ id }) => toValue.has(id));
    if (leads) for (const x of Object.values(step.node.inputs)) toValue.add(x.id);
    if (leads && step.inputs.length > 0) path.push(step);
    else releaseSaved(step.node);
  }
  return path.reverse();
}

/** The gradients of a step's inputs: tensors of their own, even where an op gives back what it got. */
function gradientsOf(
  { node, inputs }: Step,
  gradients: ReadonlyMap<number, Tensor>,
): [x: Tensor, gradient: Tensor][] {
  const found: [Tensor, Tensor][] = [];
  tidy(() => {
    // Zeros for outputs that the value does not depend on, made by a kernel: TensorFlow.js would upload them.
    const dys = node.outputs.map(({ id, shape }) => gradients.get(id) ?? fill(shape, 0));
    if (!node.gradient) {
      throw new Error(`Cannot compute gradient: gradient function not found for ${node.kernelName}.`);
    }
    const thunks = node.gradient(dys);
    for (const [name, x] of inputs) {
      const gradient = runThunk(name, thunks);
      checkGradient(node, name, x, gradient);
      found.push([x, ownTensor(gradient, found)]);
    }
    return found.map(([, gradient]) => gradient);
  });
  return found;
}

function runThunk(name: string, thunks: ReturnType<NonNullable<TapeNode['gradient']>>): Tensor {
  const thunk = thunks[name];
  if (thunk) return tidy(() => thunk());
  throw new Error(
    `Cannot backprop through input ${name}. Available gradients found: ${Object.keys(thunks)}.`,
  );
}

function checkGradient({ kernelName }: TapeNode, name: string, x: Tensor, gradient: Tensor): void {
  if (gradient.dtype !== 'float32') {
    throw new Error(
      `Error in gradient for op ${kernelName}. The gradient of input ${name} must have 'float32' dtype, but has '${gradient.dtype}'`,
    );
  }
  if (!util.arraysEqual(gradient.shape, x.shape)) {
    throw new Error(
      `Error in gradient for op ${kernelName}. The gradient of input '${name}' has shape '${gradient.shape}', ` +
        `which does not match the shape of the input '${x.shape}'`,
    );
  }
}

/** The tensor itself if it was made in this step and for one input alone; else another one of the same data. */
function ownTensor(gradient: Tensor, others: readonly [Tensor, Tensor][]): Tensor {
  const isNew = engine().state.activeScope.track.includes(gradient);
  return isNew && !others.some(([, other]) => other === gradient) ? gradient : clone(gradient);
}

function accumulate(gradients: Map<number, Tensor>, x: Tensor, gradient: Tensor): void {
  const before = gradients.get(x.id);
  if (!before) {
    gradients.set(x.id, gradient);
    return;
  }
  gradients.set(x.id, add(before, gradient));
  before.dispose();
  gradient.dispose();
}

function take(gradients: Map<number, Tensor>, id: number): Tensor | undefined {
  const gradient = gradients.get(id);
  gradients.delete(id);
  return gradient;
}
