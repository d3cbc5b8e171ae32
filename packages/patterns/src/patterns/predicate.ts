import { checkBoolean, PatternError } from '../errors.ts';
import { definePattern, type Pattern } from './pattern.ts';

/**
 * A pattern from any function of (query, key) positions, ∩ key ≤ query unless `causal: false`.
 * The function must be pure. Its plan is built by looking at every cell (n² calls), and it can't be saved.
 *
 * @throws PatternError when `test` is no function or `name` is empty.
 */
export function predicate(
  test: (query: number, key: number) => boolean,
  name: string,
  { causal = true }: { causal?: boolean } = {},
): Pattern {
  if (typeof test !== 'function')
    throw new PatternError(`predicate: \`test\` must be a function, but it is ${typeof test}.`);
  if (typeof name !== 'string' || name === '')
    throw new PatternError('predicate: `name` must say what it is, but it is empty.');
  checkBoolean('predicate', 'causal', causal);
  return definePattern({
    name: `predicate(${name})`,
    causal,
    spec: null,
    terms: null,
    allows: (query, key) => (!causal || key <= query) && test(query, key),
    lastQuery: () => Infinity,
  });
}
