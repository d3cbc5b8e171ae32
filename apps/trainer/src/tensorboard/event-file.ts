/**
 * The events of a run as TensorBoard reads them: `tensorboard --logdir runs`.
 *
 * A process writes a file of its own. That of a resumed run begins with a start of session at the step after the checkpoint, at which
 * TensorBoard forgets what earlier files say of later steps: nothing is there twice.
 */
import { appendFileSync, closeSync, openSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lookInside, makeFolders } from '@sparse-transformers/training';
import { type EventContent, type EventValue, encodeEvent } from './event.ts';
import { recordOf } from './record.ts';

/** An open file of events. */
export interface EventFile {
  /** Where it is. */
  readonly path: string;
  /**
   * Appends the values of a step, in one write.
   *
   * @throws the error of the system, a full disk for instance
   */
  add(step: number, values: readonly EventValue[]): void;
  /** Closes it. */
  close(): void;
}

const namePattern = /^events\.out\.tfevents\.(\d{10,})\./;

/**
 * Begins a file of events behind those that a folder has, which is made if need be.
 *
 * @param step steps that the run has taken: what earlier files say of later ones no longer holds
 * @throws the error of the system
 */
export function openEventFile(folder: string, { step }: { readonly step: number }): EventFile {
  lookInside(dirname(folder), folder, 'folder');
  makeFolders(folder);
  const path = join(folder, nextName(readdirSync(folder)));
  const file = openSync(path, 'wx');
  const write = (content: EventContent) =>
    appendFileSync(file, recordOf(encodeEvent(content, Date.now() / 1000)));
  try {
    write({ kind: 'version' });
    write({ kind: 'start', step: step + 1 });
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    path,
    add: (at, values) => write({ kind: 'values', step: at, values }),
    close: () => closeSync(file),
  };
}

/** TensorBoard reads files in the order of their names, which begin with the seconds since 1970. */
function nextName(names: readonly string[]): string {
  const latest = names.reduce((most, name) => Math.max(most, Number(namePattern.exec(name)?.[1] ?? 0)), 0);
  const seconds = Math.max(Math.floor(Date.now() / 1000), latest + 1);
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.sparse-train`;
}
