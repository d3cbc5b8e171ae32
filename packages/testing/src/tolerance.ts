/** Three computations of the same numbers. */
export interface Computations {
  /** What the implementation under test gave. */
  readonly actual: ArrayLike<number>;
  /** The float64 oracle. */
  readonly exact: ArrayLike<number>;
  /** The plain float32 computation: the oracle's loops, rounded to float32 after each step. */
  readonly plain: ArrayLike<number>;
  /**
   * The largest term that a result is a sum or difference of. Where terms cancel, the plain computation may be exact by
   * luck of its order, but no float32 computation can be held to less than the rounding of the terms.
   * Default: the largest result.
   */
  readonly largestTerm?: number;
}

/**
 * One unit in the last place of float32, relative. The plain computation may be exact by luck (a weight that is 1, terms
 * that cancel); another right one still rounds two numbers by half a unit each before it gets there.
 */
const outputRounding = 2 ** -23;

/**
 * The tolerance that comes from data: the largest error of `actual` against `exact` may be at most twice the largest
 * error of `plain`, plus one unit in the last place of the largest output (or of `largestTerm`).
 *
 * @throws Error that names `what`, the error, the limit and the worst cell
 */
export function errorWithin(what: string, { actual, exact, plain, largestTerm = 0 }: Computations): void {
  if (actual.length !== exact.length) {
    throw new Error(`${what}: has ${actual.length} numbers, expected ${exact.length}`);
  }
  const worst = largestError(actual, exact);
  const rounding = outputRounding * Math.max(largestFinite(exact), largestTerm);
  const limit = 2 * largestError(plain, exact).error + rounding;
  if (limit === Number.POSITIVE_INFINITY) {
    throw new Error(
      `${what}: the plain float32 computation is not finite where the exact one is, so nothing can be held to it`,
    );
  }
  if (worst.error <= limit) return;
  const { cell, error } = worst;
  throw new Error(
    `${what}: error ${error.toExponential(2)} at cell ${cell} is above ${limit.toExponential(2)} ` +
      `(got ${actual[cell]}, expected ${exact[cell]}, plain float32 ${plain[cell]})`,
  );
}

function largestFinite(values: ArrayLike<number>): number {
  return Array.from(values, Math.abs).reduce((a, b) => (Number.isFinite(b) ? Math.max(a, b) : a), 0);
}

/** The largest difference of two arrays and its place; a NaN in either counts as infinitely wrong. */
function largestError(values: ArrayLike<number>, exact: ArrayLike<number>): { cell: number; error: number } {
  let worst = { cell: 0, error: 0 };
  for (let cell = 0; cell < exact.length; cell++) {
    const difference = values[cell] === exact[cell] ? 0 : Math.abs(values[cell]! - exact[cell]!);
    const error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    if (error > worst.error) worst = { cell, error };
  }
  return worst;
}
