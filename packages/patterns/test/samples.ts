/** Patterns of every kind that stands for itself, made from the kinds' own tables of fields: a new kind is tried without a word here. */
import { type Pattern, PatternError, type PatternKind, patternKinds } from '../src/index.ts';

type Options = Record<string, number | boolean>;

/** The kinds that are no combination of others. */
export const plainKinds: readonly PatternKind[] = patternKinds.filter(({ fields }) =>
  Object.values(fields).every(({ type }) => type !== 'patterns'),
);

/** Values of each field of numbers: of the first size many, of others and of counts few. */
interface Grid {
  readonly sizes: readonly number[];
  readonly others: readonly number[];
  readonly counts: readonly number[];
}

/** Patterns of a kind over a grid, without those that it refuses. */
export function samplesOf(kind: PatternKind, causal: boolean, grid: Grid): Pattern[] {
  return optionsOf(kind, causal, grid).flatMap((options) => {
    try {
      return [makeOf(kind, options)];
    } catch (error) {
      if (error instanceof PatternError) return [];
      throw error;
    }
  });
}

/** A pattern of a kind from values of its fields. */
export function makeOf(kind: PatternKind, options: Readonly<Record<string, unknown>>): Pattern {
  return kind.make(options as never);
}

function optionsOf({ fields }: PatternKind, causal: boolean, { sizes, others, counts }: Grid): Options[] {
  let made: Options[] = [{}];
  let isFirst = true;
  for (const [name, { type }] of Object.entries(fields)) {
    const values = type === 'flag' ? [causal] : type === 'count' ? counts : isFirst ? sizes : others;
    if (type === 'size') isFirst = false;
    made = made.flatMap((options) => values.map((value) => ({ ...options, [name]: value })));
  }
  return made;
}
