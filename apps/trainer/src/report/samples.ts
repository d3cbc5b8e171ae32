/** The samples of a run, found in its folder: `samples/step-000100/…`, text, PNG or WAV. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of a sample. */
export type SampleFile =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'image' | 'audio'; readonly name: string; readonly dataUri: string };

/** The samples that were drawn at one step. */
export interface StepSamples {
  /** Steps taken. */
  readonly step: number;
  /** The files, by name. */
  readonly files: readonly SampleFile[];
  /** Files that are not shown: too many, too large, or of another kind. */
  readonly leftOut: number;
}

const mostSteps = 12;
const mostFiles = 16;
/** A page of more is no pleasure to open. */
const mostBytes = { file: 2 ** 23, all: 2 ** 25, text: 2 ** 14 };

/** The samples of up to 12 steps, spread over the run with the first and the last among them. */
export function readSamples(folder: string): StepSamples[] {
  const root = join(folder, 'samples');
  const steps = namesIn(root)
    .map((name) => ({ name, step: Number(/^step-(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ step }) => Number.isFinite(step))
    .sort((a, b) => a.step - b.step);
  const budget = { bytes: mostBytes.all };
  // The newest ones get the room first.
  const shown = spread(steps).reverse();
  return shown.map(({ name, step }) => samplesIn(join(root, name), step, budget)).reverse();
}

function spread<T>(items: readonly T[]): T[] {
  if (items.length <= mostSteps) return [...items];
  return Array.from(
    { length: mostSteps },
    (_, i) => items[Math.round((i * (items.length - 1)) / (mostSteps - 1))]!,
  );
}

function samplesIn(folder: string, step: number, budget: { bytes: number }): StepSamples {
  const names = namesIn(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const files = names
    .slice(0, mostFiles)
    .map((name) => readSample(join(folder, name), name, budget))
    .filter((file) => file !== null);
  return { step, files, leftOut: names.length - files.length };
}

function readSample(path: string, name: string, budget: { bytes: number }): SampleFile | null {
  const facts = lstatSync(path);
  if (!facts.isFile() || facts.size > mostBytes.file || facts.size > budget.bytes) return null;
  budget.bytes -= facts.size;
  const bytes = readFileSync(path);
  const uri = (type: string) => `data:${type};base64,${bytes.toString('base64')}`;
  switch (extname(name)) {
    case '.txt':
      return { kind: 'text', name, text: bytes.toString('utf8', 0, mostBytes.text) };
    case '.png':
      return bytes.toString('latin1', 1, 4) === 'PNG'
        ? { kind: 'image', name, dataUri: uri('image/png') }
        : null;
    case '.wav':
      return bytes.toString('latin1', 0, 4) === 'RIFF'
        ? { kind: 'audio', name, dataUri: uri('audio/wav') }
        : null;
    default:
      return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // A run that has drawn nothing, or a file in the folder's place.
  }
}
