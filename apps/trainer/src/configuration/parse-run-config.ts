/** Checks a configuration that may come from anywhere: each field by itself, then what no field can know alone. */
import type { z } from 'zod';
import { kindOf } from '../data-kinds/index.ts';
import { nearestName, show, TrainerError } from '../messages/index.ts';
import { fieldNames, valueAt } from './field-names.ts';
import { type RunConfig, runConfigSchema } from './run-config.ts';

/**
 * Checks a configuration that may come from anywhere.
 *
 * @param where names it in messages
 * @throws TrainerError, naming the first field at fault, what was expected and what came
 */
export function parseRunConfig(where: string, value: unknown): RunConfig {
  const parsed = runConfigSchema.safeParse(value);
  if (!parsed.success) throw new TrainerError(`${where}: ${faultOf(parsed.error.issues[0]!, value)}`);
  checkTogether(where, parsed.data);
  return parsed.data;
}

/** What no field can know alone. */
function checkTogether(where: string, { data, model, training, validation }: RunConfig): void {
  const refuse = (field: string, expected: string, got: unknown, wayOut: string): never => {
    throw new TrainerError(`${where}: ${field} must be ${expected}; got ${show(got)}. ${wayOut}`);
  };
  const smaller = (field: string, most: string, value: number, limit: number) => {
    if (value > limit) refuse(field, `at most ${most} (${show(limit)})`, value, `Pass a smaller --${field}.`);
  };
  smaller('training.warmupSteps', 'training.steps', training.warmupSteps, training.steps);
  const { peakLearningRate, finalLearningRate, accumulate } = training;
  smaller('training.finalLearningRate', 'training.peakLearningRate', finalLearningRate, peakLearningRate);
  if (training.batch % accumulate !== 0)
    refuse(
      'training.accumulate',
      `a divisor of training.batch (${training.batch})`,
      accumulate,
      'Change one of them.',
    );
  if (data.validShare + data.testShare >= 1)
    refuse(
      'data.validShare',
      `below 1 together with data.testShare (${data.testShare})`,
      data.validShare,
      'Pass smaller ones.',
    );
  smaller('validation.minimumContext', 'model.length', validation.minimumContext, model.length);
  const record = kindOf(data).record?.(data);
  if (record === undefined) return;
  if (model.length !== record.tokens)
    refuse('model.length', record.words, model.length, `Pass --model.length ${record.tokens}.`);
  if (model.start !== 'learned')
    refuse(
      'model.start',
      `"learned" for ${data.kind}, whose first token is predicted too`,
      model.start,
      'Pass --model.start learned.',
    );
  if (validation.minimumContext !== 0)
    refuse(
      'validation.minimumContext',
      `0 for ${data.kind}, which are seen whole`,
      validation.minimumContext,
      'Leave it out.',
    );
}

function faultOf(issue: z.core.$ZodIssue, value: unknown): string {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return unknownField(field, issue.keys[0] ?? '');
  return `${field === '' ? 'it' : field} must be ${issue.message}; got ${show(valueAt(value, issue.path))}.`;
}

/** What is wrong with a field that nothing reads, and the nearest right name. */
export function unknownField(section: string, key: string): string {
  const name = section === '' ? key : `${section}.${key}`;
  const near = nearestName(name, fieldNames);
  if (section.startsWith('model.patterns'))
    return `${section}: such a pattern has no ${show(key)}; leave it out`;
  if (fieldNames.includes(name)) return `${section} of this kind has no ${show(key)}; leave it out`;
  const wayOut = near === null ? '--help lists all fields' : `did you mean ${near}?`;
  return `there is no field ${show(name)}; ${wayOut}`;
}
