/** Lines of JSON in a run's folder: never more than one of a step. */
import { existsSync, readFileSync, truncateSync } from 'node:fs';

/** The file of steps in the folder of a run. */
export const stepsFile = 'metrics.jsonl';

/** The file of validations. */
export const validationsFile = 'validation.jsonl';

/** A line of `metrics.jsonl`. What depends on the machine and its load, and so differs between runs of the same bits, comes last. */
export interface StepMetrics {
  /** Steps taken, from 1; one that was skipped counts. */
  readonly step: number;
  /** Mean loss of the batch in nats a token. In the file, null stands for a number that is not finite. */
  readonly loss: number;
  /** The same in bits. */
  readonly bits: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Tokens trained on since the run began. */
  readonly tokens: number;
  /** Steps skipped since the run began. */
  readonly skipped: number;
  /** Seconds spent in steps since the run began. */
  readonly seconds: number;
  /** Tokens of this step ÷ its seconds. */
  readonly tokensPerSecond: number;
  /** Bytes that the engine holds for tensors, unused ones that it keeps included. */
  readonly deviceBytes: number;
  /** Bytes of memory of the whole process. */
  readonly processBytes: number;
}

/** A line of `validation.jsonl`. */
export interface ValidationMetrics {
  /** Steps taken. */
  readonly step: number;
  /** Mean loss in nats a token, with the average of the weights if the run keeps one. */
  readonly loss: number;
  /** The same in bits. */
  readonly bits: number;
  /** How many targets the mean is over. */
  readonly predictions: number;
}

/** A line, as it stands in the file. */
export function lineOf(metrics: StepMetrics | ValidationMetrics): string {
  return `${JSON.stringify(metrics)}\n`;
}

/** Cuts off the lines behind a step, and a last line that a crash left unfinished. */
export function cutBehind(path: string, step: number): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  let kept = 0;
  while (kept < bytes.length) {
    const end = bytes.indexOf('\n', kept);
    if (end < 0 || !(stepOf(bytes.toString('utf8', kept, end)) <= step)) break;
    kept = end + 1;
  }
  if (kept < bytes.length) truncateSync(path, kept);
}

/** NaN for a line that says no step. */
function stepOf(line: string): number {
  try {
    return Number(Object(JSON.parse(line)).step);
  } catch {
    return Number.NaN;
  }
}
