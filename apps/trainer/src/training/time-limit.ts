/** Minutes that a session may take: it ends early enough that what it does at its end is done within them. */

import type { RunConfig } from '../configuration/index.ts';

/** What takes time in a session. */
type Work = 'step' | 'validation' | 'samples' | 'save';

/** The clock of a session. */
export interface TimeLimit {
  /** Does some work, and keeps in mind how long it took. */
  timed<T>(work: Work, run: () => Promise<T>): Promise<T>;
  /** The same for what is done already. */
  took(work: Work, milliseconds: number): void;
  /** Whether all of this can still be done, if it takes as long as it took last. */
  hasTimeFor(works: readonly Work[]): boolean;
}

/** What a time limit is made of. */
export interface TimeLimitOptions {
  /** Minutes from now on. */
  readonly maxMinutes: number;
  /** The windows of a validation ÷ those of a step: what a validation takes is guessed from it, until the first is done. */
  readonly validationSteps: number;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
}

/** A validation has no gradients, which take most of a step: of as many windows it takes a third. A half is on the safe side. */
const forwardShare = 0.5;

/** A session that begins now. */
export function timeLimit({ maxMinutes, validationSteps, now }: TimeLimitOptions): TimeLimit {
  const end = now() + maxMinutes * 60_000;
  const last = new Map<Work, number>();
  const expected = (work: Work): number => {
    const guess = work === 'validation' ? validationSteps * forwardShare * (last.get('step') ?? 0) : 0;
    return last.get(work) ?? guess;
  };
  return {
    async timed(work, run) {
      const began = now();
      const result = await run();
      last.set(work, now() - began);
      return result;
    },
    took(work, milliseconds) {
      last.set(work, milliseconds);
    },
    hasTimeFor: (works) => now() + works.reduce((sum, work) => sum + expected(work), 0) <= end,
  };
}

/** Whether a step is one of those that come every so many; never where that is 0. */
export function isDue(every: number, step: number): boolean {
  return every > 0 && step % every === 0;
}

/** What there is to do at a step, and until the run has ended behind the next one. */
export function worksBeforeNextEnd(config: RunConfig, step: number): Work[] {
  const atNext = dueAt(config, step + 1).filter((work) => work === 'samples');
  return [...dueAt(config, step), 'step', 'validation', ...atNext, 'save'];
}

/** A validation may be the best so far, whose weights are saved. */
function dueAt({ validation, samples, checkpoints }: RunConfig, step: number): Work[] {
  const isValidated = isDue(validation.every, step);
  const works: [Work, boolean][] = [
    ['validation', isValidated],
    ['samples', isDue(samples.every, step)],
    ['save', isValidated || isDue(checkpoints.every, step)],
  ];
  return works.filter(([, isWanted]) => isWanted).map(([work]) => work);
}
