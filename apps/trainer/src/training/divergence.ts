/** Steps that would spoil the weights: told apart, refused, and their batch kept so that it can be looked at. */
import { join } from 'node:path';
import type { TokenBatch } from '@sparse-transformers/datasets';
import type { SparseTransformer } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from '../configuration/index.ts';
import { lossesOf } from '../data/index.ts';
import { kindOf } from '../data-kinds/index.ts';
import { DivergedError } from '../messages/index.ts';
import { encodeJson, writeWholeFolder } from '../run-folder/index.ts';
import type { Run } from './run.ts';

/** With more skipped steps in a row than this, a run ends: it would only seem to go on. */
export const mostSkipsInARow = 100;

/** Below it a running mean is noise: a model that knows its data by heart jumps tenfold, and comes back. In nats. */
const leastMeanLoss = 0.1;
/** What stands in where `lossLimit` is switched off, for telling of weights whether they are spoiled. */
const usualLossLimit = 10;

/** Why the step must not be taken; null if nothing speaks against it. */
export function divergence(
  { loss, gradientNorm, meanLoss }: { loss: number; gradientNorm: number; meanLoss: number | null },
  { lossLimit }: Pick<TrainingConfig, 'lossLimit'>,
): string | null {
  if (!Number.isFinite(loss)) return `the loss is ${loss}`;
  if (!Number.isFinite(gradientNorm)) return `the norm of the gradients is ${gradientNorm}`;
  if (lossLimit === 0 || meanLoss === null || !isFarAbove(loss, meanLoss, lossLimit)) return null;
  return `the loss ${shown(loss)} is more than ${lossLimit} times its running mean ${shown(meanLoss)} (training.lossLimit)`;
}

function isFarAbove(loss: number, meanLoss: number, lossLimit: number): boolean {
  return loss > lossLimit * Math.max(meanLoss, leastMeanLoss);
}

/** What a loss is held against. */
export interface LossLimits {
  /** Its running mean; null before the first step. */
  readonly meanLoss: number | null;
  /** How many times that it may be; 0 if the user sets no limit to steps. */
  readonly lossLimit: number;
}

/** Whether the weights that gave a loss can be called sound: it is a finite number, and not far above the running mean. */
export function isSoundLoss(loss: number, { meanLoss, lossLimit }: LossLimits): boolean {
  const limit = lossLimit === 0 ? usualLossLimit : lossLimit;
  return Number.isFinite(loss) && (meanLoss === null || !isFarAbove(loss, meanLoss, limit));
}

/** What a look at the weights showed. */
export interface Look {
  /** The loss of a batch that was fine before. */
  readonly loss: number;
  /** As {@link isSoundLoss}. */
  readonly isSound: boolean;
}

/** Looks at the weights as they are: a batch that was fine before has to be fine still. */
export async function lookAtWeights(
  model: SparseTransformer,
  batch: TokenBatch,
  limits: LossLimits,
): Promise<Look> {
  const mean = tf.tidy(() => tf.mean(lossesOf(model, batch)));
  const loss = (await mean.data())[0]!;
  mean.dispose();
  return { loss, isSound: isSoundLoss(loss, limits) };
}

/** What to tell of a checkpoint that looks spoiled as it is written. */
export function spoiledNote({
  step,
  look,
  sound,
}: {
  readonly step: number;
  readonly look: Look;
  readonly sound: number | null;
}): string {
  const stays = sound === null ? '' : ` The checkpoint of step ${sound}, which is sound, stays.`;
  return `step ${step}: the weights look spoiled: they give a loss of ${shown(look.loss)} on the batch before.${stays}`;
}

/** A loss may be anything by now. */
function shown(loss: number): string {
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(2);
}

/** Writes the batch of a step that was not taken: what it holds, and where it lies in the data. Gives the folder. */
export async function writeBadBatch(
  { folder, fileSystem, data, config }: Pick<Run, 'folder' | 'fileSystem' | 'data' | 'config'>,
  step: number,
  cursor: unknown,
  batch: TokenBatch,
): Promise<string> {
  const place = join(folder, 'bad-batches', `step-${String(step).padStart(9, '0')}`);
  const rows = Array.from({ length: batch.batch }, (_, row) =>
    batch.targets.subarray(row * batch.length, (row + 1) * batch.length),
  );
  const files = kindOf(config.data).files(rows, data.tokenizer);
  files.set('cursor.json', encodeJson({ step, cursor }));
  await writeWholeFolder(fileSystem, place, files);
  return place;
}

/** What is known of a run whose step is refused. */
export interface RefusedStep {
  readonly folder: string;
  /** The number of the step. */
  readonly step: number;
  /** Steps of the newest checkpoint. */
  readonly saved: number;
  /** Steps of the newest checkpoint that was looked at and found sound. */
  readonly sound: number | null;
  /** What the newest one's weights showed just now, if they were looked at. */
  readonly look: Look | null;
  /** Why it is refused. */
  readonly fault: string;
  /** Where its batch is. */
  readonly place: string;
  /** How many steps in a row were left out, this one included. */
  readonly skippedInARow: number;
}

const calmer = 'a smaller --training.peakLearningRate or --training.clipNorm, or --training.notFinite skip';

/** @throws DivergedError that tells the step, the batch and the way back */
export function refuseStep(refused: RefusedStep): never {
  const { step, fault, place, skippedInARow } = refused;
  const skips = skippedInARow > 1 ? ` after ${skippedInARow - 1} skipped steps in a row` : '';
  throw new DivergedError(
    `step ${step}: ${fault}${skips}, so the run ends here and the step was not taken. Its batch is in ${place}. ${wayBack(refused)}`,
  );
}

function wayBack({ folder, saved, sound, look }: RefusedStep): string {
  if (sound === saved) {
    return (
      `The checkpoint of step ${saved} is sound; --resume ${folder} repeats the steps since, with the same bits, up to this one. ` +
      `To get past it, add ${calmer}.`
    );
  }
  const shows = look === null ? '' : `: they give a loss of ${shown(look.loss)} on another batch`;
  const spoiled = `The weights in the checkpoint of step ${saved} look spoiled, too${shows}.`;
  if (sound === null) {
    return `${spoiled} Remove its folder to go on from the one before, if there is one, or begin a new run, with ${calmer}.`;
  }
  return (
    `${spoiled} Those of step ${sound} are sound: remove the later ones from ${join(folder, 'checkpoints')}, and go on by --resume ${folder} ` +
    `with ${calmer}.`
  );
}
