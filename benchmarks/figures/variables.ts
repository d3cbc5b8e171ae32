import { delimiter } from 'node:path';

/** The paths that an environment variable names, one or several with `:` between (`;` on Windows). */
export function pathsOf(name: string): string[] {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} must name the data to measure, got nothing; see benchmarks/README.md`);
  }
  return value.split(delimiter);
}

/** The number in an environment variable, or another where it is not set. */
export function numberOf(name: string, otherwise: number): number {
  const value = process.env[name];
  if (value === undefined || value === '') return otherwise;
  const number = Number(value);
  if (number > 0) return number;
  throw new Error(`${name} must be a number above 0, got ${value}`);
}
