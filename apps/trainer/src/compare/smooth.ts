import type { Span } from '../report/index.ts';

/** Each mean with those around it, a fortieth of the curve to each side: what one batch happens to hold goes, the course stays. */
export function smoothed(spans: readonly Span[]): Span[] {
  const reach = Math.floor(spans.length / 40);
  return spans.map((span, at) => {
    if (!Number.isFinite(span.mean)) return span;
    const near = spans
      .slice(Math.max(0, at - reach), at + reach + 1)
      .map(({ mean }) => mean)
      .filter(Number.isFinite);
    return { ...span, mean: near.reduce((sum, mean) => sum + mean, 0) / near.length };
  });
}
