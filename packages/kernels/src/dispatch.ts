/**
 * How an op of this package reaches the code that runs it.
 *
 * Each op is a TensorFlow.js kernel with a name. A backend that has a fused kernel registers it under that name; on any
 * other backend the composed implementation (plain tfjs ops) is registered on the first call. Registration happens at
 * the first call and not on import, so importing the package touches no backend and unused ops can be left out.
 */
import type { GradFunc, KernelFunc, NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import {
  backend,
  engine,
  getGradient,
  getKernel,
  registerGradient,
  registerKernel,
  tidy,
} from '@tensorflow/tfjs-core';

/** What a kernel gives back: one tensor or several. */
type Outputs = Tensor | Tensor[];

/** The gradient of a kernel, in the form of TensorFlow.js: what to keep from forward, and a thunk for each input. */
export interface KernelGradient<
  Inputs extends NamedTensorMap,
  Attributes extends object,
  Out extends Outputs,
> {
  /** Inputs to keep for the backward pass, in the order in which `run` gets them. They must always be given. */
  readonly savedInputs?: readonly (keyof Inputs & string)[];
  /** One flag for each output: is it kept for the backward pass? Kept outputs follow the kept inputs. */
  readonly savedOutputs?: readonly boolean[];
  /**
   * Gets dy in the form of the outputs (zeros for an output that nobody used) and the kept tensors.
   * A thunk runs only if its input needs a gradient, each in its own `tidy`.
   */
  run(dy: Out, saved: Tensor[], attributes: Attributes): { [Name in keyof Inputs]?: () => Tensor };
}

/** A kernel: its name, how to compute it from tfjs ops, and its gradient. */
export interface KernelDefinition<
  Inputs extends NamedTensorMap,
  Attributes extends object,
  Out extends Outputs,
> {
  /** The name in the registry: backends register fused kernels under it. */
  readonly name: string;
  /** Runs inside a `tidy` and untaped. Must make new tensors: an input may not be given back as it is. */
  composed(inputs: Inputs, attributes: Attributes): Out;
  /** None for a kernel that is itself a gradient. */
  readonly gradient?: KernelGradient<Inputs, Attributes, Out>;
}

/**
 * Makes the function that runs a kernel on the active backend.
 * Attributes may hold any object (a plan, say): TensorFlow.js hands them on untouched.
 */
export function defineKernel<Inputs extends NamedTensorMap, Attributes extends object, Out extends Outputs>(
  definition: KernelDefinition<Inputs, Attributes, Out>,
): (inputs: Inputs, attributes: Attributes) => Out {
  return (inputs, attributes) => {
    ensureKernel(definition.name, toKernelFunc(definition));
    ensureGradient(definition);
    return engine().runKernel<Out>(definition.name, inputs, attributes as NamedAttrMap);
  };
}

/** Registers `kernelFunc` for the active backend unless that backend brought its own kernel of this name. */
function ensureKernel(kernelName: string, kernelFunc: KernelFunc): void {
  const backendName = activeBackendName();
  if (!getKernel(kernelName, backendName)) registerKernel({ kernelName, backendName, kernelFunc });
}

/** Did the active backend bring a kernel of this name? For ops that are composed without being a kernel. */
export function hasFusedKernel(kernelName: string): boolean {
  return getKernel(kernelName, activeBackendName()) != null;
}

function activeBackendName(): string {
  backend(); // Starts the best registered backend if none runs yet; throws if there is none.
  return engine().backendName;
}

function ensureGradient<Inputs extends NamedTensorMap, Attributes extends object, Out extends Outputs>(
  definition: KernelDefinition<Inputs, Attributes, Out>,
): void {
  const { name, gradient } = definition;
  if (!gradient || getGradient(name)) return;
  registerGradient({
    kernelName: name,
    inputsToSave: [...(gradient.savedInputs ?? [])],
    outputsToSave: [...(gradient.savedOutputs ?? [])],
    gradFunc: toGradFunc(gradient),
  });
}

// The two functions below hold the only casts between our typed kernels and the untyped registry of TensorFlow.js.

function toKernelFunc<Inputs extends NamedTensorMap, Attributes extends object, Out extends Outputs>(
  definition: KernelDefinition<Inputs, Attributes, Out>,
): KernelFunc {
  return ({ inputs, attrs }) =>
    tidy(() => definition.composed(inputs as Inputs, attrs as object as Attributes));
}

function toGradFunc<Inputs extends NamedTensorMap, Attributes extends object, Out extends Outputs>(
  gradient: KernelGradient<Inputs, Attributes, Out>,
): GradFunc {
  return (dy, saved, attrs) =>
    gradient.run(dy as Out, saved, attrs as object as Attributes) as ReturnType<GradFunc>;
}
