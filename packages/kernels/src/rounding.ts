/**
 * How a reference implementation rounds after each step. `exact` leaves the float64 numbers alone: the oracle.
 * `Math.fround` gives the plain float32 computation, whose error is the measure for all other implementations.
 */
export type Rounding = (value: number) => number;

/** No rounding beyond float64. */
export const exact: Rounding = (value) => value;
