import { checkCount, checkNumber } from '../errors.ts';

/** The learning rate for a step; steps are counted from 0. */
export type Schedule = (step: number) => number;

/** The shape of {@link warmupCosine}. */
export interface WarmupCosineOptions {
  /** The highest learning rate, > 0. */
  readonly peak: number;
  /** Steps of linear warm-up, 0 for none; at most `totalSteps`. */
  readonly warmupSteps: number;
  /** Steps until the learning rate is `final`, >= 1. */
  readonly totalSteps: number;
  /** The learning rate at the end and after it, from 0 to `peak`; 0 if not given. */
  readonly final?: number;
}

/**
 * Linear warm-up, then half a cosine down (section 6 of the paper):
 *
 *     step < warmupSteps    peak · (step + 1) / warmupSteps
 *     step < totalSteps     final + (peak − final) · (1 + cos(π · progress)) / 2,
 *                           progress = (step − warmupSteps) / (totalSteps − warmupSteps)
 *     afterwards            final
 *
 * @returns the learning rate as a function of the step, counted from 0: the first step already moves the weights
 * @throws TrainingError if an option is out of its range
 */
export function warmupCosine({ peak, warmupSteps, totalSteps, final = 0 }: WarmupCosineOptions): Schedule {
  const where = 'warmupCosine';
  checkNumber(where, 'peak', peak, (value) => value > 0, 'a finite number > 0');
  checkNumber(where, 'final', final, (value) => value >= 0 && value <= peak, `from 0 to peak (${peak})`);
  checkCount(where, 'totalSteps', totalSteps, 1);
  checkCount(where, 'warmupSteps', warmupSteps, 0);
  const isWithin = (value: number) => value <= totalSteps;
  checkNumber(where, 'warmupSteps', warmupSteps, isWithin, `at most totalSteps (${totalSteps})`);
  return (step) => {
    checkCount('warmupCosine schedule', 'step', step, 0);
    if (step >= totalSteps) return final;
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const progress = (step - warmupSteps) / (totalSteps - warmupSteps);
    return final + ((peak - final) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
