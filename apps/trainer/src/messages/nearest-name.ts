/** The known name that a mistyped one was most likely meant to be. */

/** The nearest of some names by edit distance; null when none is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  const best = distances.reduce((a, b) => (b.distance < a.distance ? b : a), {
    candidate: '',
    distance: Number.POSITIVE_INFINITY,
  });
  return best.distance <= Math.max(2, best.candidate.length / 3) ? best.candidate : null;
}

/** Characters to insert, remove or replace; only the first 100 of each count, for a hostile name may be long. */
function editDistance(from: string, to: string): number {
  const [a, b] = [from.slice(0, 100), to.slice(0, 100)];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
