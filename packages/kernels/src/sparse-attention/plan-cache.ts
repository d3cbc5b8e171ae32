/** Plans of patterns that an op was given directly: compiled once and kept, the least recently used one dropped first. */
import { compile, type Pattern, type Plan } from '@sparse-transformers/patterns';

/** A model uses a handful of patterns at a handful of lengths. */
const mostPlans = 64;

const plans = new Map<string, Plan>();
const unsavedNames = new WeakMap<Pattern, string>();
let unsavedPatterns = 0;

/** The plan of a pattern for queries at positions 0 … queries − 1. Equal patterns share it. */
export function planFor(pattern: Pattern, queries: number, keys: number): Plan {
  const key = `${pattern.hash ?? unsavedName(pattern)} ${queries} ${keys}`;
  const plan = plans.get(key) ?? compile(pattern, { queries, keys });
  plans.delete(key);
  plans.set(key, plan);
  const oldest = plans.size > mostPlans ? plans.keys().next().value : undefined;
  if (oldest !== undefined) plans.delete(oldest);
  return plan;
}

/** Predicates have no hash: each is only equal to itself. */
function unsavedName(pattern: Pattern): string {
  const name = unsavedNames.get(pattern) ?? `unsaved ${unsavedPatterns++}`;
  unsavedNames.set(pattern, name);
  return name;
}
