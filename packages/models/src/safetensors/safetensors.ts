/**
 * Weights on disk: the safetensors format (https://github.com/huggingface/safetensors, "Format").
 *
 *     8 bytes   length of the header, unsigned, little-endian
 *     header    JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {…}}
 *     data      the values of the tensors, little-endian, without holes
 *
 * A file may come from anywhere: a size is believed only after it was held against the file.
 * Copies rely on a little-endian host, as all that Node runs tfjs on are.
 */
import { checkText, quote, SafetensorsError } from './safetensors-error.ts';
import { type Json, parseHeader, showJson } from './safetensors-header.ts';

export { SafetensorsError };

/** A tensor of 32-bit floats, as it lies in a file: row-major values, one for each cell of the shape. */
export interface Float32TensorData {
  /** The name of the number format in the file. */
  readonly dtype: 'F32';
  /** Whole numbers >= 0; empty for a scalar. */
  readonly shape: readonly number[];
  /** As many values as the product of the shape. */
  readonly values: Float32Array;
}

/** A tensor of 32-bit signed whole numbers, as it lies in a file. */
export interface Int32TensorData {
  /** The name of the number format in the file. */
  readonly dtype: 'I32';
  /** Whole numbers >= 0; empty for a scalar. */
  readonly shape: readonly number[];
  /** As many values as the product of the shape. */
  readonly values: Int32Array;
}

/** What a safetensors file holds under one name. Other dtypes are neither written nor read. */
export type TensorData = Float32TensorData | Int32TensorData;

/** The content of a safetensors file. */
export interface DecodedSafetensors {
  /** By name, in the order of their data. */
  readonly tensors: Map<string, TensorData>;
  /** The file's `__metadata__`: free text by name; empty if there is none. */
  readonly metadata: Map<string, string>;
}

const metadataKey = '__metadata__';
const lengthBytes = 8;
const bytesPerValue = 4;

function showShape(shape: readonly number[]): string {
  return shape.length > 8 ? `[${shape.slice(0, 8).join(', ')}, ...]` : `[${shape.join(', ')}]`;
}

/** The number of cells, or NaN if the shape holds anything but whole numbers >= 0 or the product is not exact. */
function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return Number.NaN;
    size *= dimension;
    if (!Number.isSafeInteger(size)) return Number.NaN;
  }
  return size;
}

// Writing

/**
 * Writes tensors as a safetensors file. The same content gives the same bytes, whatever the order of the maps: names
 * are sorted, the header is plain ASCII and padded so that the data begins at a multiple of 8 bytes.
 *
 * @param tensors the tensors by name; any name but `__metadata__`
 * @param metadata free text by name, kept in the header; no `__metadata__` is written if it is empty
 * @returns the bytes of the file; 4 for each value, and the header
 * @throws SafetensorsError, naming the tensor, if values do not fit their shape or dtype, or a name can't be written
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = sortedEntries(tensors);
  for (const [name, tensor] of sorted) checkWritable(name, tensor);
  const header = encodeHeader(sorted, metadata);
  const dataBegin = lengthBytes + header.length;
  const file = new Uint8Array(dataBegin + dataBytes(sorted));
  new DataView(file.buffer).setUint32(0, header.length, true);
  for (let i = 0; i < header.length; i++) file[lengthBytes + i] = header.charCodeAt(i);
  let position = dataBegin;
  for (const [, { values }] of sorted) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return file;
}

function sortedEntries<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function dataBytes(entries: readonly [string, TensorData][]): number {
  return entries.reduce((total, [, { values }]) => total + values.byteLength, 0);
}

function checkWritable(name: string, { dtype, shape, values }: TensorData): void {
  if (name === metadataKey) throw new SafetensorsError('this name is kept for the metadata; rename it', name);
  checkText(name, name);
  const isRightArray = dtype === 'F32' ? values instanceof Float32Array : values instanceof Int32Array;
  if ((dtype !== 'F32' && dtype !== 'I32') || !isRightArray) {
    throw new SafetensorsError(
      `expected F32 with a Float32Array or I32 with an Int32Array; got ${quote(String(dtype))} with ${values?.constructor.name}`,
      name,
    );
  }
  if (sizeOf(shape) !== values.length) {
    const expected = `shape ${showShape(shape)} expects ${sizeOf(shape)} values`;
    throw new SafetensorsError(`${expected}; got ${values.length}`, name);
  }
}

/** The JSON is put together by hand: an object would reorder names such as "7" and lose `__proto__`. */
function encodeHeader(
  sorted: readonly [string, TensorData][],
  metadata: ReadonlyMap<string, string>,
): string {
  const members: string[] = [];
  if (metadata.size > 0) members.push(`"${metadataKey}":{${encodeMetadata(metadata)}}`);
  let begin = 0;
  for (const [name, { dtype, shape, values }] of sorted) {
    const end = begin + values.byteLength;
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  const header = toAscii(`{${members.join(',')}}`);
  return header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
}

function encodeMetadata(metadata: ReadonlyMap<string, string>): string {
  const members = sortedEntries(metadata).map(([key, value]) => {
    checkText(key, null);
    checkText(value, null);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return members.join(',');
}

function toAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Reading

/**
 * Reads a safetensors file. Nothing in the file is trusted: memory is taken only for data that is there.
 *
 * @param bytes the whole file
 * @param options `maximumHeaderBytes`: a longer header is refused; 16 MiB, enough for some 100,000 tensors
 * @returns copies of the tensors, and the metadata
 * @throws SafetensorsError, naming the tensor, for: an unknown dtype; a shape that is not whole numbers >= 0; offsets
 *   that are negative, fractional or beyond the file, overlap or leave a hole; a size that is not shape × dtype; a name
 *   that comes twice; and for a header that is too long, not JSON or not UTF-8, and bytes after the last tensor
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  { maximumHeaderBytes = 16 * 2 ** 20 }: { maximumHeaderBytes?: number } = {},
): DecodedSafetensors {
  const dataBegin = lengthBytes + readHeaderLength(bytes, maximumHeaderBytes);
  const header = parseHeader(bytes.subarray(lengthBytes, dataBegin));
  const metadata = readMetadata(header.get(metadataKey));
  header.delete(metadataKey);
  const entries = [...header].map(([name, value]) => readEntry(name, value));
  const data = bytes.subarray(dataBegin);
  checkOffsets(entries, data.length);
  return { tensors: new Map(entries.map((entry) => [entry.name, readValues(entry, data)])), metadata };
}

function readHeaderLength(bytes: Uint8Array, maximum: number): number {
  if (bytes.length < lengthBytes) {
    throw new SafetensorsError(`expected at least ${lengthBytes} bytes; the file has ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > bytes.length - lengthBytes) {
    throw new SafetensorsError(
      `the header should be ${length} bytes long, but only ${bytes.length - lengthBytes} follow; the file is cut off or of another format`,
    );
  }
  if (!(length <= maximum)) {
    throw new SafetensorsError(
      `the header is ${length} bytes long; at most ${maximum} are read (raise maximumHeaderBytes for a file you trust)`,
    );
  }
  return length;
}

interface Entry {
  readonly name: string;
  readonly dtype: 'F32' | 'I32';
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: Json): Entry {
  if (!(value instanceof Map))
    throw new SafetensorsError('expected an object with dtype, shape, data_offsets', name);
  for (const field of value.keys()) {
    if (field !== 'dtype' && field !== 'shape' && field !== 'data_offsets') {
      throw new SafetensorsError(`expected dtype, shape and data_offsets; got a field ${quote(field)}`, name);
    }
  }
  const dtype = value.get('dtype');
  if (dtype !== 'F32' && dtype !== 'I32') {
    throw new SafetensorsError(`expected dtype F32 or I32; got ${showJson(dtype)}`, name);
  }
  const shape = readIndices(name, 'shape', value.get('shape'));
  const offsets = readIndices(name, 'data_offsets', value.get('data_offsets'));
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw new SafetensorsError(`expected two data_offsets; got ${offsets.length}`, name);
  }
  return { name, dtype, shape, begin, end };
}

function readIndices(name: string, field: string, value: Json | undefined): readonly number[] {
  if (!Array.isArray(value))
    throw new SafetensorsError(`expected ${field} as a list; got ${showJson(value)}`, name);
  return value.map((item) => {
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return item;
    throw new SafetensorsError(`expected whole numbers >= 0 in ${field}; got ${showJson(item)}`, name);
  });
}

/** Sorts the entries by their place in the data and checks that they cover it once. */
function checkOffsets(entries: Entry[], available: number): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const entry of entries) {
    checkSize(entry, available);
    if (entry.begin !== covered) {
      const fault = entry.begin < covered ? 'overlaps the one before' : 'leaves a hole';
      throw new SafetensorsError(`begins at ${entry.begin} and ${fault}; expected ${covered}`, entry.name);
    }
    covered = entry.end;
  }
  if (covered !== available) {
    throw new SafetensorsError(`${available - covered} bytes follow the last tensor; expected none`);
  }
}

function checkSize({ name, dtype, shape, begin, end }: Entry, available: number): void {
  if (begin > end || end > available) {
    throw new SafetensorsError(
      `data_offsets [${begin}, ${end}] do not lie in the data, 0 to ${available}`,
      name,
    );
  }
  const expected = sizeOf(shape) * bytesPerValue;
  if (end - begin !== expected) {
    const needs = `${dtype} of shape ${showShape(shape)} needs ${expected} bytes`;
    throw new SafetensorsError(`${needs}; data_offsets give ${end - begin}`, name);
  }
}

function readValues({ dtype, shape, begin, end }: Entry, data: Uint8Array): TensorData {
  const copy = new Uint8Array(end - begin);
  copy.set(data.subarray(begin, end));
  if (dtype === 'F32') return { dtype, shape, values: new Float32Array(copy.buffer) };
  return { dtype, shape, values: new Int32Array(copy.buffer) };
}

function readMetadata(value: Json | undefined): Map<string, string> {
  if (value === undefined) return new Map();
  if (!(value instanceof Map)) throw new SafetensorsError(`expected ${metadataKey} to be an object of texts`);
  const metadata = new Map<string, string>();
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw new SafetensorsError(`expected text in ${metadataKey} for ${quote(key)}`);
    metadata.set(key, text);
  }
  return metadata;
}

/**
 * Checks that a file holds exactly the tensors a model needs.
 *
 * @param tensors what was decoded
 * @param expected the shape of each tensor by name; all are F32
 * @returns the same tensors, known to be of 32-bit floats, in the order of `expected`
 * @throws SafetensorsError, naming the tensor that is missing, left over, or of another shape or dtype
 */
export function expectTensors(
  tensors: ReadonlyMap<string, TensorData>,
  expected: ReadonlyMap<string, readonly number[]>,
): Map<string, Float32TensorData> {
  for (const name of tensors.keys()) {
    if (!expected.has(name))
      throw new SafetensorsError('not expected here; is the file of another model?', name);
  }
  const found = new Map<string, Float32TensorData>();
  for (const [name, shape] of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new SafetensorsError('missing in the file; is it of another model?', name);
    if (tensor.dtype !== 'F32') throw new SafetensorsError(`expected dtype F32; got ${tensor.dtype}`, name);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new SafetensorsError(`expected shape ${showShape(shape)}; got ${showShape(tensor.shape)}`, name);
    }
    found.set(name, tensor);
  }
  return found;
}
