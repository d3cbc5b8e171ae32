/** An argument of an optimiser, schedule or meter that makes no sense. The message says what was expected and what came. */
export class TrainingError extends Error {
  /** The name of this class. */
  override readonly name = 'TrainingError';
}

/** Refuses anything but a finite number in the range given. */
export function checkNumber(
  where: string,
  argument: string,
  value: number,
  isInRange: (value: number) => boolean,
  range: string,
): void {
  if (typeof value === 'number' && Number.isFinite(value) && isInRange(value)) return;
  throw new TrainingError(`${where}: ${argument} must be ${range}; got ${String(value)}.`);
}

/** Refuses anything but a whole number from `smallest` up. */
export function checkCount(where: string, argument: string, value: number, smallest: number): void {
  const isCount = (number: number) => Number.isSafeInteger(number) && number >= smallest;
  checkNumber(where, argument, value, isCount, `a whole number >= ${smallest}`);
}
