/**
 * `Einsum` as one product: each letter is an axis of the batch, of the rows, of the columns, or of the side that both have in common. Where
 * an operand's strides allow, it is read as it lies; else it is transposed once.
 */
import { backend_util, type Tensor, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asNumber } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { type MatrixStrides, product } from './product.ts';
import { reduce } from './reduce.ts';
import { transpose } from './transpose.ts';

/** A tensor and the letters of its axes. */
interface Term {
  readonly tensor: TensorInfo;
  readonly letters: readonly string[];
}

function einsum(backend: DeviceBackend, equation: string, tensors: readonly TensorInfo[]): TensorInfo {
  const { letters, output } = parse(equation, tensors);
  const terms = tensors.map((tensor, place) => ({ tensor, letters: letters[place] ?? [] }));
  const sums = terms.map((term, place) => sumAlone(backend, term, output, terms[1 - place]?.letters ?? []));
  const [left, right] = sums as [Term, Term?];
  const result = right ? multiply(backend, left, right, output) : arrange(backend, left, output).tensor;
  backend.release(...sums.map(({ tensor }) => tensor));
  return result;
}

/** The letters of each operand and of the result. TensorFlow.js's own checks come first, with its own words. */
function parse(equation: string, tensors: readonly TensorInfo[]): { letters: string[][]; output: string[] } {
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as Tensor[]);
  const letters = idDims.map((ids) => ids.map((id) => allDims[id] ?? ''));
  const output = [...(equation.replace(/\s/g, '').split('->')[1] ?? '')];
  if (new Set(output).size !== output.length)
    throw new RangeError(`einsum: a letter may stand once in the result, but '${equation}' repeats one.`);
  letters.forEach((own, place) => {
    const { shape = [] } = tensors[place] ?? {};
    if (own.length !== shape.length)
      throw new RangeError(
        `einsum: '${equation}' gives ${own.length} letters to operand ${place}, which has the shape [${shape}].`,
      );
  });
  return { letters, output };
}

/** Sums over the letters that neither the result nor the other operand has. */
function sumAlone(
  backend: DeviceBackend,
  { tensor, letters }: Term,
  output: readonly string[],
  other: readonly string[],
): Term {
  const alone = letters.flatMap((letter, axis) =>
    output.includes(letter) || other.includes(letter) ? [] : [axis],
  );
  return {
    tensor: alone.length === 0 ? backend.share(tensor) : reduce(backend, 'sum', tensor, alone),
    letters: letters.filter((_, axis) => !alone.includes(axis)),
  };
}

/** A term with its axes in another order. */
function arrange(backend: DeviceBackend, { tensor, letters }: Term, order: readonly string[]): Term {
  const perm = order.map((letter) => letters.indexOf(letter));
  return { tensor: transpose(backend, tensor, perm), letters: order };
}

function multiply(backend: DeviceBackend, first: Term, second: Term, output: readonly string[]): TensorInfo {
  // The operand whose letters come first in the result gives the rows: then the result need not be turned.
  const owners = output.filter(
    (letter) => first.letters.includes(letter) !== second.letters.includes(letter),
  );
  const swapped = owners.length > 0 && second.letters.includes(owners[0] ?? '');
  const [left, right] = swapped ? [second, first] : [first, second];
  const batch = output.filter((letter) => left.letters.includes(letter) && right.letters.includes(letter));
  const rows = output.filter((letter) => !right.letters.includes(letter));
  const columns = output.filter((letter) => !left.letters.includes(letter));
  const shared = left.letters.filter((letter) => right.letters.includes(letter) && !output.includes(letter));
  const a = readable(backend, left, batch, rows, shared);
  const b = readable(backend, right, batch, shared, columns);
  const order = [...batch, ...rows, ...columns];
  const sizeOf = (letter: string) => sizes(a).get(letter) ?? sizes(b).get(letter) ?? 1;
  const together = (letters: readonly string[]) => letters.reduce((size, letter) => size * sizeOf(letter), 1);
  const result = product(backend, {
    a: a.tensor,
    b: b.tensor,
    rows: together(rows),
    columns: together(columns),
    depth: together(shared),
    aStrides: matrixStrides(a, rows, shared),
    bStrides: matrixStrides(b, shared, columns),
    batch: batch.map((letter) => ({
      size: sizeOf(letter),
      a: strides(a).get(letter) ?? 0,
      b: strides(b).get(letter) ?? 0,
    })),
    shape: order.map(sizeOf),
  });
  const arranged = arrange(backend, { tensor: result, letters: order }, output).tensor;
  backend.release(a.tensor, b.tensor, result);
  return arranged;
}

/** The term as it lies if its letters join to rows and columns, else in a copy in which they do. */
function readable(
  backend: DeviceBackend,
  term: Term,
  batch: readonly string[],
  rows: readonly string[],
  columns: readonly string[],
): Term {
  const lies = joins(term, rows) && joins(term, columns);
  return lies
    ? { ...term, tensor: backend.share(term.tensor) }
    : arrange(backend, term, [...batch, ...rows, ...columns]);
}

function sizes({ tensor, letters }: Term): Map<string, number> {
  return new Map(letters.map((letter, axis) => [letter, tensor.shape[axis] ?? 1]));
}

function strides({ tensor, letters }: Term): Map<string, number> {
  return new Map(letters.map((letter, axis) => [letter, util.sizeFromShape(tensor.shape.slice(axis + 1))]));
}

/** Whether axes follow each other in memory, so that they are one. */
function joins(term: Term, letters: readonly string[]): boolean {
  const [stride, size] = [strides(term), sizes(term)];
  return letters.every((letter, place) => {
    const next = letters[place + 1];
    return next === undefined || stride.get(letter) === (stride.get(next) ?? 0) * (size.get(next) ?? 0);
  });
}

function matrixStrides(term: Term, rows: readonly string[], columns: readonly string[]): MatrixStrides {
  const last = (letters: readonly string[]) => strides(term).get(letters.at(-1) ?? '') ?? 1;
  return { row: last(rows), column: last(columns) };
}

/** `Einsum`. */
export const einsumKernels: readonly BackendKernel[] = [
  kernel<TensorInfo[], { equation: string }>(
    'Einsum',
    { each: asNumber },
    ({ inputs, attributes: { equation }, backend }) => einsum(backend, equation, inputs),
    { alike: { inputs: 'all', to: 'widest' } },
  ),
];
