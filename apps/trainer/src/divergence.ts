/** Steps that would spoil the weights: told apart, refused, and their batch kept so that it can be looked at. */
import { join } from 'node:path';
import type { TokenBatch } from '@sparse-transformers/datasets';
import { encodeJson } from './checkpoint-files.ts';
import type { Run } from './run.ts';
import type { TrainingConfig } from './run-config.ts';
import { writeWholeFolder } from './run-files.ts';
import { tokenFiles } from './token-files.ts';
import { DivergedError } from './trainer-error.ts';

/** With more skipped steps in a row than this, a run ends: it would only seem to go on. */
export const mostSkipsInARow = 100;

/** Why the step must not be taken; null if nothing speaks against it. */
export function divergence(
  { loss, gradientNorm, meanLoss }: { loss: number; gradientNorm: number; meanLoss: number | null },
  { lossLimit }: Pick<TrainingConfig, 'lossLimit'>,
): string | null {
  if (!Number.isFinite(loss)) return `the loss is ${loss}`;
  if (!Number.isFinite(gradientNorm)) return `the norm of the gradients is ${gradientNorm}`;
  if (lossLimit === 0 || meanLoss === null || loss <= lossLimit * meanLoss) return null;
  return `the loss ${loss.toFixed(4)} is more than ${lossLimit} times its running mean ${meanLoss.toFixed(4)} (training.lossLimit)`;
}

/** Writes the batch of a step that was not taken: what it holds, and where it lies in the data. Gives the folder. */
export async function writeBadBatch(
  { folder, fileSystem, data }: Pick<Run, 'folder' | 'fileSystem' | 'data'>,
  step: number,
  cursor: unknown,
  batch: TokenBatch,
): Promise<string> {
  const place = join(folder, 'bad-batches', `step-${String(step).padStart(9, '0')}`);
  const rows = Array.from({ length: batch.batch }, (_, row) =>
    batch.targets.subarray(row * batch.length, (row + 1) * batch.length),
  );
  const files = tokenFiles(rows, data.tokenizer);
  files.set('cursor.json', encodeJson({ step, cursor }));
  await writeWholeFolder(fileSystem, place, files);
  return place;
}

/** @throws DivergedError that tells the step, the batch and the way back */
export function refuseStep({
  folder,
  step,
  saved,
  fault,
  place,
  skippedInARow,
}: {
  folder: string;
  step: number;
  saved: number;
  fault: string;
  place: string;
  skippedInARow: number;
}): never {
  const skips = skippedInARow > 1 ? ` after ${skippedInARow - 1} skipped steps in a row` : '';
  throw new DivergedError(
    `step ${step}: ${fault}${skips}, so the run ends here and the step was not taken. Its batch is in ${place}. The checkpoint of step ` +
      `${saved} is sound; --resume ${folder} repeats the steps since, with the same bits, up to this one. To get past it, add a smaller ` +
      '--training.peakLearningRate or --training.clipNorm, or --training.notFinite skip.',
  );
}
