/** What to run, read from environment variables. */
import { availableParallelism } from 'node:os';
import { pathsOf } from '../figures/variables.ts';
import type { TaskName } from './tasks.ts';

/** The settings of all runs. */
export interface Settings {
  /** Files by task; a task without any is left out. */
  readonly data: Readonly<Partial<Record<TaskName, readonly string[]>>>;
  readonly seeds: readonly number[];
  /** Instead of the task's own. */
  readonly steps: number | null;
  readonly engine: string;
  readonly sideBySide: number;
  /** Run folders and results: what is there already is not run again. */
  readonly folder: string;
}

/** @throws Error that names the variable */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const list = (name: string, otherwise: string) =>
    (env[name] || otherwise).split(',').map((text) => {
      const number = Number(text);
      if (number > 0) return number;
      throw new Error(
        `${name}: expected numbers above 0 with commas between; got ${JSON.stringify(env[name])}`,
      );
    });
  const data = {
    ...(env['PAPER_TEXT'] && { text: pathsOf('PAPER_TEXT') }),
    ...(env['PAPER_IMAGES'] && { images: pathsOf('PAPER_IMAGES') }),
  };
  if (Object.keys(data).length === 0)
    throw new Error('PAPER_TEXT and PAPER_IMAGES: name files of at least one of them');
  const folder = env['OUT'];
  if (!folder) throw new Error('OUT: name the folder of the runs; one that was begun is gone on with');
  return {
    data,
    seeds: list('PAPER_SEEDS', '1,2,3'),
    steps: env['PAPER_STEPS'] ? list('PAPER_STEPS', '')[0]! : null,
    engine: env['PAPER_ENGINE'] || 'native',
    sideBySide: list('PAPER_SIDE_BY_SIDE', String(availableParallelism()))[0]!,
    folder,
  };
}
