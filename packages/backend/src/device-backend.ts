/**
 * The TensorFlow.js backend over a device: where each tensor's memory is, and how many use it. What is computed stands in kernels/.
 */
import {
  type BackendValues,
  backend_util,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { type Allocator, type AllocatorMemory, cachingAllocator } from './allocator.ts';
import type { Address, Device } from './device.ts';
import { type FallbackCounter, type FallbackMode, fallbackCounter } from './fallbacks.ts';
import { Journal } from './journal.ts';
import { arrayOf, bytesOf, hostArray, type Storage, storageOf } from './storage.ts';

/** The two float32 tensors of a complex one. */
export interface ComplexParts {
  /** The real parts. */
  readonly real: TensorInfo;
  /** The imaginary parts. */
  readonly imag: TensorInfo;
}

/** What the backend knows of a tensor's data. */
interface Data {
  readonly dtype: DataType;
  readonly size: number;
  refCount: number;
  /** Where it is; 0 for no memory: strings, complex numbers, and tensors without a cell. */
  readonly address: Address;
  readonly storage: Storage;
  /** Of complex numbers: two tensors of their own. */
  readonly parts?: ComplexParts;
  /** Of strings: the encoded values, on the host. */
  readonly strings?: Uint8Array[];
}

/** Where a kernel finds and leaves its tensors. */
export class DeviceBackend extends KernelBackend {
  /** What computes. */
  readonly device: Device;
  /**
   * Counts the ops that another backend computes; for the kernels that do so.
   * @internal
   */
  readonly fallbackCounter: FallbackCounter;
  private readonly allocator: Allocator;
  private readonly data: DataStorage<Data>;
  private readonly journal = new Journal();
  private launched = 0;

  constructor(device: Device, fallbacks: FallbackMode = 'warn') {
    super();
    this.device = device;
    this.fallbackCounter = fallbackCounter(fallbacks);
    this.allocator = cachingAllocator(device);
    this.data = new DataStorage(this, engine());
  }

  // What runs kernels uses.

  /** A kernel begins; gives what `end` or `undo` asks for. */
  begin(): number {
    return this.journal.begin();
  }

  /** The kernel that began there is done. */
  end(place: number): void {
    this.journal.end(place);
  }

  /** The kernel that began there failed: what it made and still holds is freed. */
  undo(place: number): void {
    this.journal.undo(place, (made) => {
      if (typeof made === 'number') this.free(made);
      else this.disposeData(made);
    });
  }

  // What kernels use.

  /** A new tensor without content. */
  make(shape: readonly number[], dtype: DataType): TensorInfo {
    const size = sizeOf(shape);
    const storage = storageOf(dtype);
    const address = this.allocate(size * bytesOf[storage], `a ${dtype} tensor of shape [${shape}]`);
    return this.register({ dtype, size, storage, address, refCount: 1 }, shape);
  }

  /** A new tensor with values from the host. */
  makeFrom(values: BackendValues, shape: readonly number[], dtype: DataType): TensorInfo {
    const tensor = this.fromHost(values, shape, dtype);
    this.journal.began(tensor.dataId);
    return tensor;
  }

  /** A complex tensor of two float32 tensors, which it takes over. */
  makeComplex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const size = util.sizeFromShape(real.shape);
    this.journal.ended(real.dataId);
    this.journal.ended(imag.dataId);
    return this.register(
      { dtype: 'complex64', size, storage: 'f32', address: 0, refCount: 1, parts: { real, imag } },
      real.shape,
    );
  }

  /** The same data under another shape. */
  share(tensor: TensorInfo, shape: readonly number[] = tensor.shape): TensorInfo {
    if (shape !== tensor.shape && sizeOf(shape) !== sizeOf(tensor.shape))
      throw new RangeError(
        `A tensor of shape [${tensor.shape}] can't have the shape [${shape}]: its cells are more or fewer.`,
      );
    this.incRef(tensor.dataId);
    this.journal.began(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /** The two parts of a complex tensor; they stay its own. */
  partsOf(tensor: TensorInfo): ComplexParts {
    const { parts } = this.data.get(tensor.dataId);
    if (!parts) throw new TypeError(`Expected a complex64 tensor; got ${tensor.dtype}.`);
    return parts;
  }

  /**
   * Where a tensor's numbers are; 0 if it has none.
   * @throws TypeError for complex numbers, whose parts are tensors of their own, and for strings
   */
  addressOf(tensor: TensorInfo): Address {
    const { address, parts, strings } = this.data.get(tensor.dataId);
    if (parts || strings) throw new TypeError(`A tensor of dtype ${tensor.dtype} has no memory on a device.`);
    return address;
  }

  /** How a tensor's numbers lie there. */
  storageOf(tensor: TensorInfo): Storage {
    return this.data.get(tensor.dataId).storage;
  }

  /** A tensor's values, as the host knows them. Waits for the device. */
  valuesOf(tensor: TensorInfo): BackendValues {
    return this.readSync(tensor.dataId);
  }

  /** Ends the use of tensors that a kernel made on its way. */
  release(...tensors: readonly TensorInfo[]): void {
    for (const { dataId } of tensors) {
      this.journal.ended(dataId);
      this.disposeData(dataId);
    }
  }

  /**
   * Runs a kernel of the device. Tensors are given as their addresses; null is no tensor.
   * @returns what the kernel answered: 0, or 1 + the place of a number that it must not use
   */
  launch(
    kernel: string,
    tensors: readonly (TensorInfo | Address | null)[],
    numbers: readonly number[],
  ): number {
    const addresses = tensors.map((tensor) =>
      typeof tensor === 'object' ? (tensor === null ? 0 : this.addressOf(tensor)) : tensor,
    );
    this.launched++;
    return this.device.launch(kernel, addresses, numbers);
  }

  /** As `launch`, for a kernel that works in memory which the device sizes: the last address, behind the tensors. */
  launchInWorkspace(
    kernel: string,
    tensors: readonly (TensorInfo | Address | null)[],
    numbers: readonly number[],
  ): number {
    const workspace = this.borrow(this.device.workspace(kernel, numbers), `the workspace of ${kernel}`);
    const answer = this.launch(kernel, [...tensors, workspace], numbers);
    this.giveBack(workspace);
    return answer;
  }

  /** Memory for the time of a kernel, which gives it back; an error does so too. */
  borrow(bytes: number, purpose: string): Address {
    const address = this.allocate(bytes, purpose);
    if (address !== 0) this.journal.began(address);
    return address;
  }

  /** Ends what `borrow` began. */
  giveBack(address: Address): void {
    if (address !== 0) this.journal.ended(address);
    this.free(address);
  }

  /** Memory that outlives kernels, for a plan: the caller frees it, whatever happens. */
  allocate(bytes: number, purpose: string): Address {
    return bytes === 0 ? 0 : this.allocator.allocate(bytes, purpose);
  }

  /** Frees what `allocate` gave. */
  free(address: Address): void {
    if (address !== 0) this.allocator.free(address);
  }

  // What programs may ask.

  /** Kernels launched on the device so far. */
  launches(): number {
    return this.launched;
  }

  /** How often each op was computed by TensorFlow.js's cpu kernels, because the device has none; in the mode `throw`, would have been. */
  fallbacks(): ReadonlyMap<string, number> {
    return this.fallbackCounter.counts();
  }

  /** What tensors and plans use, the most they ever used, and what is kept for reuse. */
  allocatorMemory(): AllocatorMemory {
    return this.allocator.memory();
  }

  /** Lets the peak of `allocatorMemory` begin anew. */
  resetPeak(): void {
    this.allocator.resetPeak();
  }

  // What TensorFlow.js asks.

  /** Takes values that the program gives. */
  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    return this.fromHost(values, shape, dtype).dataId;
  }

  /** Takes values that were on another backend, or are new. */
  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const size = util.sizeFromShape(shape);
    this.data.set(dataId, { ...this.stored(values, shape, size, dtype), dtype, size, refCount });
  }

  /** Gives the values as soon as the device has computed them. */
  override async read(dataId: DataId): Promise<BackendValues> {
    const { address, size, storage, parts, strings } = this.data.get(dataId);
    if (strings) return strings;
    if (parts) return this.interleave(await this.read(parts.real.dataId), await this.read(parts.imag.dataId));
    if (size === 0) return arrayOf(storage, new ArrayBuffer(0));
    return arrayOf(storage, await this.device.download(address, size * bytesOf[storage]));
  }

  /** Gives the values; stops the program until the device has computed them. */
  override readSync(dataId: DataId): BackendValues {
    const { address, size, storage, parts, strings } = this.data.get(dataId);
    if (strings) return strings;
    if (parts) return this.interleave(this.readSync(parts.real.dataId), this.readSync(parts.imag.dataId));
    if (size === 0) return arrayOf(storage, new ArrayBuffer(0));
    return arrayOf(storage, this.device.downloadSync(address, size * bytesOf[storage]));
  }

  /** Ends one use of the data, or with `force` all; says whether it is gone. */
  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    if (data.parts) this.disposeParts(data.parts);
    this.free(data.address);
    this.data.delete(dataId);
    return true;
  }

  /** Begins one more use of the data. */
  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  /** How many use the data. */
  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  /** How many pieces of data there are, the parts of complex ones included. */
  override numDataIds(): number {
    return this.data.numDataIds();
  }

  /** What `tf.memory()` says of this backend: its counts can be relied on. */
  override memory(): ReturnType<KernelBackend['memory']> {
    return { unreliable: false };
  }

  /** Bits of a float32 number. */
  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** Whether `time` works. */
  override timerAvailable(): boolean {
    return true;
  }

  /**
   * TensorFlow.js's profiler wants `run` to have run when this returns, so nothing can be waited for before: on a device that queues, what
   * was queued earlier counts too.
   */
  override async time(run: () => void): ReturnType<KernelBackend['time']> {
    const start = util.now();
    run();
    await this.device.synchronize();
    return { kernelMs: util.now() - start };
  }

  /** Ends the device. Tensors that are left can be disposed of, and nothing else. */
  override dispose(): void {
    this.device.dispose();
  }

  private fromHost(values: BackendValues, shape: readonly number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.move(dataId, values, [...shape], dtype, 1);
    return { dataId, shape: [...shape], dtype };
  }

  private stored(
    values: BackendValues,
    shape: readonly number[],
    size: number,
    dtype: DataType,
  ): Pick<Data, 'address' | 'storage' | 'parts' | 'strings'> {
    if (dtype === 'string') return { storage: 'u8', address: 0, strings: values as Uint8Array[] };
    if (dtype === 'complex64') return { storage: 'f32', address: 0, parts: this.partsFrom(values, shape) };
    const storage = storageOf(dtype);
    const numbers = hostArray(values, storage, shape, size);
    const address = this.allocate(size * bytesOf[storage], `a ${dtype} tensor of shape [${shape}]`);
    if (size > 0) this.device.upload(address, numbers);
    return { storage, address };
  }

  /** Another backend gives complex numbers in turns: real, imaginary. */
  private partsFrom(values: BackendValues, shape: readonly number[]): ComplexParts {
    const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
    const first = this.fromHost(real, shape, 'float32');
    try {
      return { real: first, imag: this.fromHost(imag, shape, 'float32') };
    } catch (error) {
      this.disposeData(first.dataId);
      throw error;
    }
  }

  private disposeParts({ real, imag }: ComplexParts): void {
    this.disposeData(real.dataId);
    this.disposeData(imag.dataId);
  }

  private register(data: Data, shape: readonly number[]): TensorInfo {
    const dataId = {};
    this.data.set(dataId, data);
    this.journal.began(dataId);
    return { dataId, shape: [...shape], dtype: data.dtype };
  }

  private interleave(real: BackendValues, imag: BackendValues): BackendValues {
    return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);
  }
}

/**
 * The cells of a tensor that is to be made.
 * @throws RangeError for a shape that no tensor can have: its numbers go to the device as sizes
 */
function sizeOf(shape: readonly number[]): number {
  let [size, isShape] = [1, true];
  for (const count of shape) {
    size *= count;
    isShape &&= Number.isSafeInteger(count) && count >= 0;
  }
  if (isShape && size <= Number.MAX_SAFE_INTEGER) return size;
  throw new RangeError(
    `A tensor's shape is of whole numbers from 0, with fewer than 2⁵³ cells; got [${shape}].`,
  );
}
