/** A checkpoint of a run, for commands that only read it. */
import {
  type Checkpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from '@sparse-transformers/training';
import { TrainerError } from '../messages/index.ts';
import { decodeCheckpoint } from './checkpoint-files.ts';

/**
 * Reads the checkpoint that an option names.
 *
 * @param which `best` by validation, `last`, or a step
 * @throws TrainerError for one that is not there, listing those that are; CheckpointError for one that is damaged
 */
export async function openCheckpoint(folder: string, which: string): Promise<Checkpoint> {
  const last = await latestCheckpoint(folder);
  if (last === null)
    throw new TrainerError(`${folder}: it has no checkpoint. Expected a folder that --out made.`);
  if (which === 'last') return last;
  const places = await listCheckpoints(folder);
  const step = which === 'best' ? decodeCheckpoint(last).state.best?.step : Number(which);
  const place = places.find((one) => one.step === step);
  if (place !== undefined) return readCheckpoint(place.folder);
  const known = places.map((one) => one.step).join(', ');
  const none = step === undefined ? ', but the run was never validated' : '';
  throw new TrainerError(
    `--checkpoint must be best, last or the step of a checkpoint (${known})${none}; got ${JSON.stringify(which)}.`,
  );
}
