/**
 * A curve of any number of points in bounded memory. Neighbouring points share a span; when there are too many spans, each two become one.
 * A span keeps its lowest and its highest value, so that no peak is lost, and its mean, which is the smoothed curve.
 */

/** Neighbouring points of a curve. */
export interface Span {
  /** The middle between the first and the last x. */
  readonly x: number;
  /** The mean of the finite values; NaN if there is none. */
  readonly mean: number;
  /** The lowest finite value. */
  readonly low: number;
  /** The highest finite value. */
  readonly high: number;
  /** Whether there is a value that is not finite among them. */
  readonly hasNotFinite: boolean;
}

/** A span that still grows. */
interface Bucket {
  readonly firstX: number;
  lastX: number;
  points: number;
  finite: number;
  sum: number;
  low: number;
  high: number;
}

const mostSpans = 512;

/** Collects the points of a curve. */
export class Series {
  #buckets: Bucket[] = [];
  #pointsEach = 1;
  #finite = 0;
  #notFinite = 0;
  #last = Number.NaN;

  /** Adds a point behind the others. Its value may be NaN or infinite. */
  add(x: number, y: number): void {
    const open = this.#buckets.at(-1);
    if (open && open.points < this.#pointsEach) extend(open, x, y);
    else this.#begin(x, y);
    this.#last = y;
    if (Number.isFinite(y)) this.#finite++;
    else this.#notFinite++;
  }

  /** How many values were finite. */
  get finite(): number {
    return this.#finite;
  }

  /** How many values were not. */
  get notFinite(): number {
    return this.#notFinite;
  }

  /** The value added last; NaN if there is none. */
  get last(): number {
    return this.#last;
  }

  /** The curve, at most 512 spans. */
  spans(): Span[] {
    return this.#buckets.map(({ firstX, lastX, points, finite, sum, low, high }) => ({
      x: (firstX + lastX) / 2,
      mean: sum / finite,
      low,
      high,
      hasNotFinite: finite < points,
    }));
  }

  #begin(x: number, y: number): void {
    if (this.#buckets.length === mostSpans) {
      this.#buckets = pairsOf(this.#buckets);
      this.#pointsEach *= 2;
    }
    const bucket: Bucket = {
      firstX: x,
      lastX: x,
      points: 0,
      finite: 0,
      sum: 0,
      low: Number.POSITIVE_INFINITY,
      high: Number.NEGATIVE_INFINITY,
    };
    extend(bucket, x, y);
    this.#buckets.push(bucket);
  }
}

function extend(bucket: Bucket, x: number, y: number): void {
  bucket.lastX = x;
  bucket.points++;
  if (!Number.isFinite(y)) return;
  bucket.finite++;
  bucket.sum += y;
  bucket.low = Math.min(bucket.low, y);
  bucket.high = Math.max(bucket.high, y);
}

function pairsOf(buckets: readonly Bucket[]): Bucket[] {
  return Array.from({ length: buckets.length / 2 }, (_, pair) => {
    const [a, b] = [buckets[2 * pair]!, buckets[2 * pair + 1]!];
    return {
      firstX: a.firstX,
      lastX: b.lastX,
      points: a.points + b.points,
      finite: a.finite + b.finite,
      sum: a.sum + b.sum,
      low: Math.min(a.low, b.low),
      high: Math.max(a.high, b.high),
    };
  });
}
