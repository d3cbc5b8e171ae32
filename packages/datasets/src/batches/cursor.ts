import { checkWholeNumber, DatasetError, show, type Words } from '../refusals/index.ts';

/** The `next` of a saved cursor; each other field must be the one in `expected`. A cursor may come from anywhere. */
export function readCursor(
  operation: string,
  cursor: unknown,
  expected: Readonly<Record<string, string | number>>,
): number {
  const fields = new Map<string, unknown>(Object.entries(Object(cursor)));
  for (const [name, value] of Object.entries(expected)) {
    if (fields.get(name) === value) continue;
    const fact: Words = [
      { option: 'cursor' },
      `.${name} must be ${show(value)}, got ${show(fields.get(name))}`,
    ];
    const ways = ['go on with the options, the file and the release that it was saved with'];
    throw new DatasetError('argument', { operation, fact, ways });
  }
  const next = fields.get('next');
  checkWholeNumber(operation, 'cursor.next', next, 0, Number.MAX_SAFE_INTEGER);
  return Number(next);
}
