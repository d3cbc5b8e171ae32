/** A pattern, a plan's size or saved JSON that makes no sense. The message names the argument, what was expected and what came. */
export class PatternError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'PatternError';
}

/** The largest length or parameter: positions must fit a signed 32-bit integer. */
export const largestSize = 2 ** 31 - 1;

/** Refuses anything but a whole number from `smallest` to 2³¹ − 1. */
export function checkSize(where: string, argument: string, value: unknown, smallest = 1): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < smallest || value > largestSize) {
    throw new PatternError(
      `${where}: \`${argument}\` must be a whole number from ${smallest} to ${largestSize}, but it is ${show(value)}.`,
    );
  }
  return value;
}

/** Refuses anything but true or false. */
export function checkBoolean(where: string, argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new PatternError(`${where}: \`${argument}\` must be true or false, but it is ${show(value)}.`);
  }
  return value;
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
