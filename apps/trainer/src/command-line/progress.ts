/** What a person sees of a run: one line that is written over on a terminal, a plain line now and then elsewhere. */
import type { DatasetProgress } from '@sparse-transformers/datasets';
import {
  type RunningMean,
  runningMean,
  type ThroughputMeter,
  throughputMeter,
} from '@sparse-transformers/training';
import type { StepMetrics, ValidationMetrics } from '../run-folder/index.ts';

/** Where lines go. */
export interface ProgressOutput {
  /** Whether a line can be written over. */
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal. */
  readonly columns?: number | undefined;
  /** Writes text as it is. */
  write(text: string): unknown;
}

/** Settings of {@link progress}. */
export interface ProgressOptions {
  /** Steps of the whole run. */
  readonly steps: number;
  /** The name of what the bits are a count of: `bits per byte`. */
  readonly unit: string;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
  /** What may end the run before its last step. */
  readonly limits?: {
    /** Minutes from now on. */
    readonly maxMinutes?: number;
    /** Tokens since the run began. */
    readonly maxTokens?: number;
  };
}

const millisecondsBetweenLines = { terminal: 100, plain: 10_000 };

/** Shows steps and validations as they come. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #options: ProgressOptions;
  readonly #losses: RunningMean = runningMean();
  readonly #throughput: ThroughputMeter;
  readonly #began: number;
  #shown = Number.NEGATIVE_INFINITY;
  #firstStep: number | null = null;
  #tokens = 0;
  #isLineOpen = false;

  constructor(output: ProgressOutput, options: ProgressOptions) {
    this.#output = output;
    this.#options = options;
    this.#throughput = throughputMeter(options.now);
    this.#began = options.now();
  }

  /** After each step; the line shows the mean loss since the last line. */
  step(metrics: StepMetrics): void {
    const { now } = this.#options;
    this.#firstStep ??= metrics.step - 1;
    if (this.#tokens > 0) this.#throughput.add(metrics.tokens - this.#tokens);
    else this.#throughput.reset();
    this.#tokens = metrics.tokens;
    if (Number.isFinite(metrics.loss)) this.#losses.add(metrics.loss);
    const pause = this.#output.isTTY ? millisecondsBetweenLines.terminal : millisecondsBetweenLines.plain;
    if (now() - this.#shown < pause && metrics.step < this.#options.steps) return;
    this.#shown = now();
    this.#show(this.#stepLine(metrics));
    this.#losses.reset();
  }

  /** After each validation: always a line of its own. */
  validation({ step, loss, bits }: ValidationMetrics): void {
    this.say(`step ${step}  validation ${loss.toFixed(4)} nats, ${bits.toFixed(4)} ${this.#options.unit}`);
  }

  /** A line that stays. */
  say(line: string): void {
    this.#closeLine();
    this.#output.write(`${line}\n`);
  }

  #stepLine(metrics: StepMetrics): string {
    const { step, processBytes, deviceBytes } = metrics;
    const { steps, unit } = this.#options;
    const loss = this.#losses.mean();
    const speed = this.#throughput.perSecond();
    const parts = [
      `step ${step}/${steps}`,
      `loss ${loss.toFixed(4)}`,
      `${(loss / Math.LN2).toFixed(4)} ${unit}`,
      ...(speed > 0 ? [`${Math.round(speed)} tokens/s`] : []),
      this.#left(metrics),
      `${mebibytes(processBytes)}, of tensors ${mebibytes(deviceBytes)}`,
    ];
    return parts.join('  ');
  }

  /** Until the last step, or the limit that comes first, which is named then. */
  #left({ step, tokens }: StepMetrics): string {
    const { steps, now, limits: { maxMinutes, maxTokens } = {} } = this.#options;
    const seconds = (now() - this.#began) / 1000;
    const secondsPerStep = seconds / (step - (this.#firstStep ?? 0));
    const ends = [{ in: secondsPerStep * (steps - step), limit: '' }];
    if (maxMinutes !== undefined) ends.push({ in: maxMinutes * 60 - seconds, limit: ' of --max-minutes' });
    if (maxTokens !== undefined) {
      const stepsLeft = Math.ceil((maxTokens - tokens) / (tokens / step));
      ends.push({ in: secondsPerStep * stepsLeft, limit: ' to --max-tokens' });
    }
    const first = ends.reduce((a, b) => (b.in < a.in ? b : a));
    return `${duration(Math.max(0, first.in))} left${first.limit}`;
  }

  #show(line: string): void {
    if (!this.#output.isTTY) {
      this.#output.write(`${line}\n`);
      return;
    }
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#isLineOpen = true;
  }

  #closeLine(): void {
    if (this.#isLineOpen) this.#output.write('\n');
    this.#isLineOpen = false;
  }
}

/** Tells how far reading the data has come, where that takes longer than a pause between lines. */
export function dataProgress({
  output,
  now = () => performance.now(),
}: {
  readonly output: ProgressOutput;
  readonly now?: () => number;
}): (progress: DatasetProgress) => void {
  let told = now();
  return ({ step, done, total }) => {
    if (now() - told < millisecondsBetweenLines.plain) return;
    told = now();
    const percent = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : '';
    output.write(`Data: ${step}${percent}\n`);
  };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** `1 h 02 min`, `3 min 20 s`, `9 s`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}
