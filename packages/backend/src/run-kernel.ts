/**
 * Makes a kernel of TensorFlow.js of one of ours. Here, and nowhere else, is decided
 *
 * - what happens to an input of a dtype that the kernel's code was not written for: it is converted or refused, as the kernel declared; strings
 *   are TensorFlow.js's own cpu kernel's matter;
 * - what happens when a kernel throws: what it made is freed;
 * - what happens when the device has no kernel for a call: TensorFlow.js's cpu kernel computes it.
 *
 * A call whose inputs are as the kernel wants them costs a few comparisons, and makes no garbage.
 */
import {
  type DataType,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  upcastType,
} from '@tensorflow/tfjs-core';
import { MissingKernelError } from './device.ts';
import type { DeviceBackend } from './device-backend.ts';
import type { Accepts } from './dtypes.ts';
import type { BackendKernel, Run } from './kernel.ts';
import { cast, store } from './kernels/cast.ts';
import { fallBack } from './kernels/fallback.ts';

/** Some inputs are lists, and some that may be left out stand there as null. */
type Input = TensorInfo | readonly TensorInfo[] | null | undefined;

type Inputs = Readonly<Record<string, Input>>;

/** A call of a kernel, as TensorFlow.js gives it. */
interface Call {
  readonly inputs: NamedTensorInfoMap;
  readonly attributes: NamedAttrMap;
  readonly backend: DeviceBackend;
}

type Compute = (call: Call) => TensorInfo | TensorInfo[];

/** A kernel as TensorFlow.js registers it, but for the name of the backend. */
export function tensorFlowKernel(declared: BackendKernel): Omit<KernelConfig, 'backendName'> {
  const { kernelName, needs } = declared;
  const run = declared.run as Run<object, object>;
  const fits = checkFor(declared);
  const compute: Compute = (call) => {
    const { inputs, attributes, backend } = call;
    if (fits(inputs) && attributes['dtype'] !== 'string') return run(call);
    return hasStrings(declared, inputs) || attributes['dtype'] === 'string'
      ? fallBack(backend, kernelName, 'string', inputs, attributes)
      : runDeclared(declared, inputs, attributes, backend);
  };
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend: running }) => {
    const backend = running as DeviceBackend;
    const call: Call = { inputs, attributes: attrs ?? {}, backend };
    try {
      return leavingNothing(call, compute);
    } catch (error) {
      if (!(error instanceof MissingKernelError) || needs !== undefined) throw error;
      return leavingNothing(call, () => fallBack(backend, kernelName, error, inputs, call.attributes));
    }
  };
  return { kernelName, kernelFunc };
}

/** Computes; what a computation that throws has made is freed. */
function leavingNothing(call: Call, compute: Compute): TensorInfo | TensorInfo[] {
  const { backend } = call;
  const place = backend.begin();
  try {
    const outputs = compute(call);
    backend.end(place);
    return outputs;
  } catch (error) {
    backend.undo(place);
    throw error;
  }
}

/** Says of inputs whether the kernel takes them as they are. Each call of each kernel asks this. */
function checkFor({ takes, alike }: BackendKernel): (inputs: NamedTensorInfoMap) => boolean {
  const names = Object.keys(takes);
  const accepted = Object.values(takes);
  const each = takes['each'];
  const isAlike = names.map((name) => alike?.inputs.includes(name) ?? false);
  if (each) return (inputs) => fitsEach(inputs, each, alike !== undefined);
  return (inputs) => {
    let common: DataType | undefined;
    for (let place = 0; place < names.length; place++) {
      const input: Input = inputs[names[place]!];
      const accepts = accepted[place]!;
      if (input === undefined || input === null) {
        if (accepts.isOptional) continue;
        return false;
      }
      if (isList(input)) {
        if (isAlike[place] || !input.every(({ dtype }) => accepts[dtype] === dtype)) return false;
        continue;
      }
      if (accepts[input.dtype] !== input.dtype) return false;
      if (!isAlike[place]) continue;
      common ??= input.dtype;
      if (input.dtype !== common) return false;
    }
    return true;
  };
}

function fitsEach(inputs: NamedTensorInfoMap, accepts: Accepts, areAlike: boolean): boolean {
  let common: DataType | undefined;
  for (const name in inputs) {
    const dtype = inputs[name]?.dtype;
    if (dtype === undefined || accepts[dtype] !== dtype) return false;
    common ??= dtype;
    if (areAlike && dtype !== common) return false;
  }
  return true;
}

function isList(input: Input): input is readonly TensorInfo[] {
  return Array.isArray(input);
}

function tensorsOf(input: Input): readonly TensorInfo[] {
  if (input === undefined || input === null) return [];
  return isList(input) ? input : [input];
}

/** Whether an input is of strings, and the kernel is not made for them. */
function hasStrings({ takes }: BackendKernel, inputs: Inputs): boolean {
  return Object.entries(inputs).some(([name, input]) => {
    const accepts = takes['each'] ?? takes[name];
    return accepts?.string === undefined && tensorsOf(input).some(({ dtype }) => dtype === 'string');
  });
}

/**
 * Runs a kernel with its inputs in the dtypes that it takes, and its output in the one that it gives. For kernels that are made of others,
 * too.
 */
export function runDeclared(
  declared: BackendKernel,
  inputs: Inputs,
  attributes: object,
  backend: DeviceBackend,
): TensorInfo | TensorInfo[] {
  const { takes, gives } = declared;
  const made: TensorInfo[] = [];
  const converted: Record<string, Input> = Array.isArray(inputs) ? Object.assign([]) : {};
  for (const name of takes['each'] ? Object.keys(inputs) : Object.keys(takes))
    converted[name] = convertInput(declared, inputs, name, (tensor, dtype, stores) => {
      if (tensor.dtype === dtype) return tensor;
      const result = stores ? store(backend, tensor, dtype) : cast(backend, tensor, dtype);
      made.push(result);
      return result;
    });
  const run = declared.run as Run<object, object>;
  const outputs = run({ inputs: converted, attributes, backend });
  backend.release(...made);
  const input = gives === undefined ? undefined : inputs[gives];
  if (!input || isList(input) || Array.isArray(outputs) || outputs.dtype === 'complex64') return outputs;
  if (outputs.dtype === input.dtype) return outputs;
  const result = store(backend, outputs, input.dtype);
  backend.release(outputs);
  return result;
}

/** Converts an input, or each tensor of a list. `stores` says that numbers become what a typed array makes of them. */
function convertInput(
  declared: BackendKernel,
  inputs: Inputs,
  name: string,
  convert: (tensor: TensorInfo, dtype: DataType, stores: boolean) => TensorInfo,
): Input {
  const { kernelName, takes } = declared;
  const [input, accepts] = [inputs[name], takes['each'] ?? takes[name]!];
  if (input === undefined || input === null) {
    if (accepts.isOptional) return input;
    throw new TypeError(`${kernelName}: the input ${name} is missing.`);
  }
  const one = (tensor: TensorInfo) => {
    const given = givenDtype(declared, inputs, name) ?? tensor.dtype;
    const wanted = accepts[given];
    if (wanted === undefined || accepts[tensor.dtype] === undefined)
      throw refusal(kernelName, name, tensor.dtype, accepts);
    if (!mayBecome(declared, tensor.dtype, given)) throw mismatch(kernelName, name, tensor.dtype, given);
    return convert(tensor, wanted, wanted === given);
  };
  return isList(input) ? input.map(one) : one(input);
}

/** The dtype of an input after it was made alike with others; of a list that stays as it is, undefined. */
function givenDtype({ alike }: BackendKernel, inputs: Inputs, name: string): DataType | undefined {
  if (!alike || !(alike.inputs === 'all' || alike.inputs.includes(name))) {
    const input = inputs[name];
    return isList(input) ? undefined : input?.dtype;
  }
  const names = alike.inputs === 'all' ? Object.keys(inputs) : alike.inputs;
  const tensors = names.flatMap((other) => tensorsOf(inputs[other]));
  if (alike.to === 'widest')
    return tensors.map(({ dtype }) => dtype).reduce((widest, dtype) => upcastType(widest, dtype));
  const [filled, second] = tensors.filter(({ shape }) => !shape.includes(0));
  return alike.to === 'first' && filled && !second ? filled.dtype : tensors[0]?.dtype;
}

/** Whether a tensor may get the dtype of the others. No number is made complex, or real, on the way. */
function mayBecome({ alike }: BackendKernel, dtype: DataType, given: DataType): boolean {
  if (dtype === given || alike?.to === 'widest') return true;
  return alike?.to === 'first' && dtype !== 'complex64' && given !== 'complex64';
}

function mismatch(op: string, name: string, dtype: DataType, given: DataType): TypeError {
  return new TypeError(
    `${op}: ${name} must be ${given}, as the tensor that it goes with, but is ${dtype}. Convert it with tf.cast.`,
  );
}

function refusal(op: string, name: string, dtype: DataType, accepts: Accepts): TypeError {
  const accepted = Object.keys(accepts).filter((key) => key !== 'isOptional');
  const way =
    dtype === 'complex64'
      ? 'Use tf.real() and tf.imag()'
      : `Convert it with tf.cast(${name}, '${accepted[0]}')`;
  return new TypeError(`${op}: ${name} must be ${accepted.join(' or ')}, but is ${dtype}. ${way}.`);
}
