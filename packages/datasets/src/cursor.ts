import { checkWholeNumber, DatasetError, show } from './errors.ts';

/** The `next` of a saved cursor; each other field must be the one in `expected`. A cursor may come from anywhere. */
export function readCursor(
  operation: string,
  cursor: unknown,
  expected: Readonly<Record<string, string | number>>,
): number {
  const fields = new Map<string, unknown>(Object.entries(Object(cursor)));
  for (const [name, value] of Object.entries(expected)) {
    if (fields.get(name) === value) continue;
    throw new DatasetError(
      'argument',
      `${operation}: cursor.${name} must be ${show(value)}, got ${show(fields.get(name))}; ` +
        'go on with the options and the file that the cursor was saved with',
    );
  }
  const next = fields.get('next');
  checkWholeNumber(operation, 'cursor.next', next, 0, Number.MAX_SAFE_INTEGER);
  return Number(next);
}
