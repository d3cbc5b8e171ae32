/** The last of `count` places whose value is at most `limit`, where values ascend and the first one is. */
export function lastAtMost(count: number, limit: number, valueAt: (place: number) => number): number {
  let [low, high] = [0, count];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) <= limit) low = middle;
    else high = middle;
  }
  return low;
}
