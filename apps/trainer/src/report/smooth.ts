import type { Series, Span } from './series.ts';

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

/** The value at the end of a curve as its smoothed line shows it; NaN if there is none. */
export function smoothedEnd(series: Series): number {
  return smoothed(series.spans()).findLast(({ mean }) => Number.isFinite(mean))?.mean ?? Number.NaN;
}
