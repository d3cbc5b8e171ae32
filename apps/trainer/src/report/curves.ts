/** The curves of a run, read from `metrics.jsonl` and `validation.jsonl` as they are: unfinished, with broken lines, with NaN. */
import { fieldsOf, linesOf, stepsFile, validationsFile } from '../run-folder/index.ts';
import { Series } from './series.ts';

/** What runs along a curve: steps taken, tokens trained on, or seconds spent in steps. */
export type CurveBase = 'steps' | 'tokens' | 'seconds';

/** The curves of a run. Losses are in bits. */
export interface Curves {
  /** Training loss. */
  readonly train: Series;
  /** Validation loss. */
  readonly validation: Series;
  /** Learning rate. */
  readonly learningRate: Series;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: Series;
  /** Tokens a second. */
  readonly speed: Series;
  /** MiB that the engine holds for tensors. */
  readonly deviceMemory: Series;
  /** MiB of the whole process. */
  readonly processMemory: Series;
  /** Steps, tokens and seconds at the end of the last line; 0 if there is none. */
  readonly reached: Readonly<Record<CurveBase, number>>;
  /** The lowest validation loss in bits and its step, if there is one. */
  readonly best: { readonly step: number; readonly bits: number } | null;
  /** Steps that were left out, because their loss or gradients were not finite. */
  readonly skippedSteps: number;
  /** Lines that are no metrics. */
  readonly brokenLines: number;
  /** Steps between the first and the last line that no line is of. */
  readonly missingSteps: number;
}

/** Tokens a second over all steps of a run, those of earlier sessions included; NaN before the first. */
export function meanSpeed({ reached: { tokens, seconds } }: Pick<Curves, 'reached'>): number {
  return tokens / seconds;
}

type Line = Readonly<Record<string, unknown>>;
type LineCurves = Pick<
  Curves,
  'train' | 'learningRate' | 'gradientNorm' | 'speed' | 'deviceMemory' | 'processMemory'
>;

/** Reads the curves of a run's folder; files that are missing give empty curves. */
export function readCurves(folder: string, by: CurveBase): Curves {
  const [metrics, validations] = [fileLines(folder, stepsFile), fileLines(folder, validationsFile)];
  const curves = {
    train: new Series(),
    validation: new Series(),
    learningRate: new Series(),
    gradientNorm: new Series(),
    speed: new Series(),
    deviceMemory: new Series(),
    processMemory: new Series(),
  };
  let best: Curves['best'] = null;
  let skippedSteps = 0;
  let missingSteps = 0;
  let reached = { steps: 0, tokens: 0, seconds: 0 };
  let validation = validations.next();
  /** Validations only know their step, so they are placed as the steps go by. */
  const validateUntil = (step: number, x: number) => {
    for (; validation && number(validation, 'step') <= step; validation = validations.next()) {
      const bits = bitsOf(validation);
      curves.validation.add(x, bits);
      if (best === null || bits < best.bits) best = { step: number(validation, 'step'), bits };
    }
  };
  for (const line of metrics) {
    const now = {
      steps: number(line, 'step'),
      tokens: number(line, 'tokens'),
      seconds: number(line, 'seconds'),
    };
    addLine(curves, line, now[by]);
    if (reached.steps > 0) missingSteps += Math.max(0, now.steps - reached.steps - 1);
    reached = now;
    skippedSteps = number(line, 'skipped') || 0;
    validateUntil(now.steps, now[by]);
  }
  validateUntil(Number.POSITIVE_INFINITY, reached[by]);
  const brokenLines = metrics.broken() + validations.broken();
  return { ...curves, best, reached, skippedSteps, brokenLines, missingSteps };
}

function addLine(curves: LineCurves, line: Line, x: number): void {
  curves.train.add(x, bitsOf(line));
  for (const name of ['learningRate', 'gradientNorm'] as const) curves[name].add(x, number(line, name));
  curves.speed.add(x, number(line, 'tokensPerSecond'));
  curves.deviceMemory.add(x, number(line, 'deviceBytes') / 2 ** 20);
  curves.processMemory.add(x, number(line, 'processBytes') / 2 ** 20);
}

/** The lines of a file that are metrics, and how many were not so far. */
interface MetricLines extends Iterable<Line> {
  next(): Line | undefined;
  broken(): number;
}

function fileLines(folder: string, name: string): MetricLines {
  const lines = linesOf(folder, name);
  let broken = 0;
  const next = () => {
    for (;;) {
      const { value, done } = lines.next();
      if (done) return undefined;
      const line = fieldsOf(value.text);
      if (line !== null) return line;
      broken++;
    }
  };
  return {
    next,
    broken: () => broken,
    *[Symbol.iterator]() {
      for (let line = next(); line !== undefined; line = next()) yield line;
    },
  };
}

/** JSON has no NaN: it writes null. */
function number(line: Line, field: string): number {
  const value = line[field];
  return typeof value === 'number' ? value : Number.NaN;
}

function bitsOf(line: Line): number {
  const bits = number(line, 'bits');
  return Number.isNaN(bits) ? number(line, 'loss') / Math.LN2 : bits;
}
