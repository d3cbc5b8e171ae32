/**
 * Numbers for Prometheus, in its text form (version 0.0.4). They count; they hold nothing of what was asked or answered.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

/** Labels of one series, such as `{ status: '200' }`. */
export type Labels = Readonly<Record<string, string>>;

interface Metric {
  /** Its lines, with help and type. */
  write(): string[];
}

/** A number that only grows, one a set of labels. */
export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(amount: number, labels: Labels = {}): void {
    const series = write(labels);
    this.#values.set(series, (this.#values.get(series) ?? 0) + amount);
  }

  write(): string[] {
    const lines = [...this.#values].map(([series, value]) => `${this.#name}${series} ${value}`);
    return [...head(this.#name, this.#help, 'counter'), ...lines];
  }
}

/** A number that is read when it is asked for. */
export class Gauge implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => number;

  constructor(name: string, help: string, read: () => number) {
    this.#name = name;
    this.#help = help;
    this.#read = read;
  }

  write(): string[] {
    return [...head(this.#name, this.#help, 'gauge'), `${this.#name} ${this.#read()}`];
  }
}

/** How often a value was at most each bound. */
export class Histogram implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds ascending */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#bounds.forEach((bound, index) => {
      if (value <= bound) this.#counts[index]!++;
    });
    this.#sum += value;
    this.#count++;
  }

  write(): string[] {
    const buckets = this.#bounds.map(
      (bound, index) => `${this.#name}_bucket{le="${bound}"} ${this.#counts[index]}`,
    );
    return [
      ...head(this.#name, this.#help, 'histogram'),
      ...buckets,
      `${this.#name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.#name}_sum ${this.#sum}`,
      `${this.#name}_count ${this.#count}`,
    ];
  }
}

/** All lines of some metrics, as a scrape gets them. */
export function writeMetrics(metrics: Iterable<Metric>): string {
  return [...metrics]
    .flatMap((metric) => metric.write())
    .join('\n')
    .concat('\n');
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function write(labels: Labels): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
