/** The lines of a run's steps and validations: never more than one of a step. */

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
