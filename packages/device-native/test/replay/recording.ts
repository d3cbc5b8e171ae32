/// <reference types="node" />
/**
 * Records what every kernel of the native engine does, while tests run that know nothing of it: each launch with its numbers, and every
 * buffer, at the size that was asked for, before and after. Loaded before the tests, it writes to a file of the folder
 * SPARSE_TRACE_FOLDER; replay.c says how a trace looks.
 */
import { openSync, writeSync } from 'node:fs';
import { type Address, DeviceBackend } from '@sparse-transformers/backend';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Launches that differ in nothing but their tensors' content are recorded once, and not all sizes of a kernel are. */
const mostOfAKernel = 80;
const mostBytes = 1 << 20;

/** How a buffer is compared: not at all, within a tolerance, exactly, or exactly where the instructions are those of the trace. */
const kinds = { scratch: 0, float: 1, exact: 2, state: 3 };

type Argument = TensorInfo | Address | null;

interface Buffer {
  readonly address: Address;
  readonly bytes: number;
  readonly kind: number;
}

const folder = process.env['SPARSE_TRACE_FOLDER'];
if (folder === undefined) throw new Error('SPARSE_TRACE_FOLDER names no folder for traces.');
const file = openSync(`${folder}/${process.pid}.trace`, 'a');

const sizesOf = new WeakMap<DeviceBackend, Map<Address, number>>();
const recorded = new Set<string>();
const timesRecorded = new Map<string, number>();
const { allocate, free, launch } = DeviceBackend.prototype;

DeviceBackend.prototype.allocate = function (bytes, purpose) {
  const address = allocate.call(this, bytes, purpose);
  const sizes = sizesOf.get(this) ?? new Map<Address, number>();
  sizesOf.set(this, sizes.set(address, bytes));
  return address;
};

DeviceBackend.prototype.free = function (address) {
  sizesOf.get(this)?.delete(address);
  free.call(this, address);
};

DeviceBackend.prototype.launch = function (kernel, tensors, numbers) {
  const buffers = this.device.name === 'native' ? buffersOf(this, kernel, tensors, numbers) : [];
  if (this.device.name !== 'native' || !isWorthRecording(kernel, buffers, numbers))
    return launch.call(this, kernel, tensors, numbers);
  const contents = () =>
    buffers.map(({ address, bytes }) => new Uint8Array(this.device.downloadSync(address, bytes)));
  const before = contents();
  const answer = launch.call(this, kernel, tensors, numbers);
  const places = tensors.map((tensor) => placeOf(addressOf(this, tensor), buffers));
  write(kernel, places, numbers, answer, buffers, before, contents());
  return answer;
};

/** Numbers that change from call to call, as seeds do, must not make a trace endless. */
function isWorthRecording(kernel: string, buffers: readonly Buffer[], numbers: readonly number[]): boolean {
  const times = timesRecorded.get(kernel) ?? 0;
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const signature = `${kernel} ${buffers.map((buffer) => buffer.bytes)} ${numbers}`;
  if (recorded.has(signature) || times >= mostOfAKernel || (times > 0 && bytes > mostBytes)) return false;
  recorded.add(signature);
  timesRecorded.set(kernel, times + 1);
  return true;
}

function buffersOf(
  backend: DeviceBackend,
  kernel: string,
  tensors: readonly Argument[],
  numbers: readonly number[],
): Buffer[] {
  const ofFloats = isUnfinished(kernel, numbers) ? kinds.state : kinds.float;
  const buffers = new Map<Address, Buffer>();
  for (const tensor of tensors) {
    const address = addressOf(backend, tensor);
    if (address === 0) continue;
    const bytes = sizesOf.get(backend)?.get(address);
    if (bytes === undefined) throw new Error(`${kernel} got an address at which no buffer begins.`);
    const isTensor = typeof tensor === 'object' && tensor !== null;
    const ofTensor = isTensor && (backend.storageOf(tensor) === 'f32' ? ofFloats : kinds.exact);
    const kind = ofTensor || kinds.scratch;
    buffers.set(address, { address, bytes, kind: Math.max(kind, buffers.get(address)?.kind ?? 0) });
  }
  return [...buffers.values()];
}

const addressOf = (backend: DeviceBackend, tensor: Argument): Address =>
  typeof tensor === 'object' ? (tensor === null ? 0 : backend.addressOf(tensor)) : tensor;

/**
 * Between two passes attention weighs against a number near the true maximum, which may be another one with vectors of another width; only
 * what it ends with is the same.
 */
const isUnfinished = (kernel: string, numbers: readonly number[]): boolean =>
  kernel === 'attention_forward' && numbers[13] === 0;

const placeOf = (address: Address, buffers: readonly Buffer[]): number =>
  1 + buffers.findIndex((buffer) => buffer.address === address);

function write(
  kernel: string,
  places: readonly number[],
  numbers: readonly number[],
  answer: number,
  buffers: readonly Buffer[],
  before: readonly Uint8Array[],
  after: readonly Uint8Array[],
): void {
  const name = new TextEncoder().encode(kernel);
  const parts: ArrayBufferView[] = [
    Uint32Array.of(name.length),
    name,
    Uint32Array.of(places.length, numbers.length, buffers.length, ...places),
    Float64Array.of(...numbers, answer),
  ];
  for (const [index, { bytes, kind }] of buffers.entries()) {
    const [old, fresh] = [before[index]!, after[index]!];
    const isChanged = old.some((byte, place) => byte !== fresh[place]);
    parts.push(Uint32Array.of(bytes, kind, Number(isChanged)), old, ...(isChanged ? [fresh] : []));
  }
  writeSync(file, joined(parts));
}

/** One piece, so that a process that ends in the middle leaves whole launches. */
function joined(parts: readonly ArrayBufferView[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let place = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    whole.set(new Uint8Array(buffer, byteOffset, byteLength), place);
    place += byteLength;
  }
  return whole;
}
