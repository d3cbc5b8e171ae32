/** What the user should know of a run as it begins or goes on. */
import type { Engine } from '@sparse-transformers/engines';
import { show } from '../messages/index.ts';
import type { Kept, RunIdentity, TrainingState } from '../run-folder/index.ts';
import { stepsFile } from '../run-folder/index.ts';

/** Which engine it is, and why. */
export function engineNote({ name, description }: Engine, reason: string): string {
  return `Engine ${name}: ${description} (${reason}).`;
}

/** What was changed since. @param known changes that were told before */
export function changeNotes({ changes }: RunIdentity, known: number): string[] {
  return changes
    .slice(known)
    .map(
      ({ step, field, from, to }) => `From step ${step} on: ${field} is ${show(to)}, and was ${show(from)}.`,
    );
}

/** Another engine than before, and a lock that was taken over. */
export function resumeNotes(state: TrainingState, started: Engine, takenOverFrom: number | null): string[] {
  const reason = started.name === state.engine ? 'that of the run' : started.reason;
  const notes = [engineNote(started, reason)];
  // Only TensorFlow's sums depend on the number of threads.
  const sameBits =
    started.name === state.engine && (started.threads === state.threads || started.name !== 'tensorflow');
  if (!sameBits) {
    notes.push(
      `The run was on ${state.engine} with ${state.threads} threads so far: from here on its bits differ from an uninterrupted run's.`,
    );
  }
  if (takenOverFrom !== null) notes.push(`Took over the lock of process ${takenOverFrom}, which is gone.`);
  return notes;
}

/** Lines that were given up by removing their file. */
export function lostNotes(
  folder: string,
  step: number,
  kept: readonly (readonly [string, Kept])[],
): string[] {
  const [, { bytes }] = kept.find(([name]) => name === stepsFile)!;
  if (step === 0 || bytes > 0) return [];
  return [`${folder}/${stepsFile} has no lines of the ${step} steps so far: curves begin behind them.`];
}
