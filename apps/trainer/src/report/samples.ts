/** The samples of a run, found in its folder: `samples/step-000100/…`, text, PNG or WAV. */
import { extname, join } from 'node:path';
import { listInside, lookInside, RunFolderError, readInside } from '@sparse-transformers/training';

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
  /** The names of files that are not shown: too many, too large, of another kind, or links and the like. */
  readonly leftOut: readonly string[];
}

const mostSteps = 12;
const mostFiles = 16;
/** A page of more is no pleasure to open. */
const mostBytes = { file: 2 ** 23, all: 2 ** 25, text: 2 ** 14 };

const known = new Set(['.txt', '.png', '.wav']);

/** The samples of up to 12 steps, spread over the run with the first and the last among them. */
export function readSamples(folder: string): StepSamples[] {
  const root = join(folder, 'samples');
  const steps = listInside(folder, root)
    .map((name) => ({ name, step: Number(/^step-(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ step }) => Number.isFinite(step))
    .sort((a, b) => a.step - b.step);
  const budget = { bytes: mostBytes.all };
  // The newest ones get the room first.
  const shown = spread(steps).reverse();
  return shown.map(({ name, step }) => samplesIn(folder, join(root, name), step, budget)).reverse();
}

function spread<T>(items: readonly T[]): T[] {
  if (items.length <= mostSteps) return [...items];
  return Array.from(
    { length: mostSteps },
    (_, i) => items[Math.round((i * (items.length - 1)) / (mostSteps - 1))]!,
  );
}

function samplesIn(run: string, folder: string, step: number, budget: { bytes: number }): StepSamples {
  const names = listInside(run, folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const files = names
    .slice(0, mostFiles)
    .map((name) => readSample(run, join(folder, name), name, budget))
    .filter((file) => file !== null);
  const shown = new Set(files.map(({ name }) => name));
  return { step, files, leftOut: names.filter((name) => !shown.has(name)) };
}

function readSample(run: string, path: string, name: string, budget: { bytes: number }): SampleFile | null {
  const size = sizeOf(run, path);
  if (size > mostBytes.file || size > budget.bytes || !known.has(extname(name))) return null;
  budget.bytes -= size;
  const bytes = readInside(run, path, mostBytes.file);
  if (bytes === null) return null;
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

/** Of what is no regular file: more than there is room for. */
function sizeOf(run: string, path: string): number {
  try {
    return lookInside(run, path, 'file')?.size ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    if (error instanceof RunFolderError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
