/** What a run leaves for its readers beside checkpoints: lines of JSON, samples, and the same as events for TensorBoard. */
import { join } from 'node:path';
import { kindOf, unitOf } from '../data-kinds/index.ts';
import { sessionFile, sessionLine } from '../report/index.ts';
import type { EventValue } from '../tensorboard/index.ts';
import { openEventFile } from '../tensorboard/index.ts';
import type { Run } from '../training/index.ts';
import type { TrainingState } from './checkpoint-files.ts';
import { type Kept, keptOf } from './line-file.ts';
import {
  lineOf,
  type StepMetrics,
  stepsFile,
  type ValidationMetrics,
  validationsFile,
} from './metrics-file.ts';
import { writeWholeFolder } from './run-files.ts';

/** An open log. */
export interface RunLog {
  /** Adds a step. */
  step(metrics: StepMetrics): Promise<void>;
  /** Adds a validation. */
  validation(metrics: ValidationMetrics): Promise<void>;
  /** Writes samples, in place of earlier ones of the step. Gives their folder. */
  samples(step: number, rows: readonly Int32Array[]): Promise<string>;
  /** Closes the events. */
  close(): void;
}

/**
 * Opens the log of a run that begins or goes on: what it says of steps behind the state's is cut off.
 *
 * @throws the error of the system
 */
export async function openRunLog({ folder, fileSystem, state, started, data, config }: Run): Promise<RunLog> {
  const { step } = state;
  const path = (name: string) => join(folder, name);
  for (const [name, { bytes, isCut }] of keptLines(folder, state))
    if (isCut) await fileSystem.truncateFile(path(name), bytes);
  const events = openEventFile(path('events'), { step });
  const unit = unitOf(config.data);
  await fileSystem.appendFile(path(sessionFile), sessionLine({ step, started, skipped: data.skipped }));
  return {
    async step(metrics) {
      await fileSystem.appendFile(path(stepsFile), lineOf(metrics));
      events.add(metrics.step, stepEvents(metrics, unit));
    },
    async validation(metrics) {
      await fileSystem.appendFile(path(validationsFile), lineOf(metrics));
      events.add(metrics.step, [scalar(`${unit}/validation`, metrics.bits)]);
    },
    async samples(at, rows) {
      const files = kindOf(config.data).files(rows, data.tokenizer);
      const place = path(join('samples', `step-${String(at).padStart(9, '0')}`));
      await writeWholeFolder(fileSystem, place, files);
      events.add(at, [...files].map(sampleEvent));
      return place;
    },
    close: events.close,
  };
}

/**
 * What stays of each file of lines when a run goes on from a state. Changes nothing.
 *
 * @throws RunFolderError that names the file and the line that is missing or can't be read
 */
export function keptLines(
  folder: string,
  { step, pending }: Pick<TrainingState, 'step' | 'pending'>,
): [name: string, kept: Kept][] {
  const validated = pending.includes('validation') ? step - 1 : step;
  return [
    [stepsFile, keptOf(folder, stepsFile, { through: step, steps: 'each' })],
    [validationsFile, keptOf(folder, validationsFile, { through: validated, steps: 'rising' })],
    [sessionFile, keptOf(folder, sessionFile, { through: Number.POSITIVE_INFINITY, steps: 'any' })],
  ];
}

function stepEvents(metrics: StepMetrics, unit: string): EventValue[] {
  return [
    scalar(`${unit}/train`, metrics.bits),
    scalar('training/learning rate', metrics.learningRate),
    scalar('training/gradient norm', metrics.gradientNorm),
    scalar('training/tokens', metrics.tokens),
    scalar('training/skipped steps', metrics.skipped),
    scalar('machine/tokens per second', metrics.tokensPerSecond),
    scalar('machine/device bytes', metrics.deviceBytes),
    scalar('machine/process bytes', metrics.processBytes),
  ];
}

function scalar(tag: string, value: number): EventValue {
  return { tag, kind: 'scalar', value };
}

function sampleEvent([name, bytes]: [string, Uint8Array]): EventValue {
  const tag = `samples/${name}`;
  if (name.endsWith('.png')) return { tag, kind: 'image', png: bytes };
  if (name.endsWith('.wav')) return { tag, kind: 'audio', wav: bytes };
  return { tag, kind: 'text', text: new TextDecoder().decode(bytes) };
}
