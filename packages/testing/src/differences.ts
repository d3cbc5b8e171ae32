/** A function of several arrays of numbers that gives one array. */
export type NumberFunction = (...inputs: Float64Array[]) => ArrayLike<number>;

/** One cell of one input. */
export interface Cell {
  /** Which input. */
  readonly input: number;
  /** Which number of it. */
  readonly cell: number;
}

/**
 * Central finite difference of Σ dy · f(inputs) in one cell, in float64.
 *
 * @param step how far to go to each side
 */
export function centralDifference(
  f: NumberFunction,
  inputs: readonly Float64Array[],
  dy: ArrayLike<number>,
  cell: Cell,
  step: number,
): number {
  const at = (shift: number) => f(...moved(inputs, cell, shift));
  return slope(at(step), at(-step), dy, step);
}

/** The same of a function that is waited for. */
export async function centralDifferenceOf(
  f: (...inputs: Float64Array[]) => Promise<ArrayLike<number>>,
  inputs: readonly Float64Array[],
  dy: ArrayLike<number>,
  cell: Cell,
  step: number,
): Promise<number> {
  const at = (shift: number) => f(...moved(inputs, cell, shift));
  return slope(await at(step), await at(-step), dy, step);
}

function moved(inputs: readonly Float64Array[], { input, cell }: Cell, shift: number): Float64Array[] {
  return inputs.map((values, i) => (i === input ? values.with(cell, values[cell]! + shift) : values));
}

function slope(up: ArrayLike<number>, down: ArrayLike<number>, dy: ArrayLike<number>, step: number): number {
  let total = 0;
  // The difference is taken cell by cell: the sums themselves would lose its digits.
  // Equal infinities (the log-sum-exp of a query that sees nothing) don't differ.
  for (let i = 0; i < dy.length; i++) total += up[i] === down[i] ? 0 : dy[i]! * (up[i]! - down[i]!);
  return total / (2 * step);
}

/** Up to `count` cells of each input, evenly spread, always with the first. */
export function spreadCells(inputs: readonly { readonly length: number }[], count: number): Cell[] {
  return inputs.flatMap(({ length }, input) => {
    const taken = Math.min(count, length);
    return Array.from({ length: taken }, (_, i) => ({ input, cell: Math.floor((i * length) / taken) }));
  });
}
