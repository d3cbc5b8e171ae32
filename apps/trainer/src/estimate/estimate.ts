/** What a run takes, before it is begun: parameters, FLOPs, memory, checkpoints. */
import { countParameters } from '@sparse-transformers/models';
import type { RunConfig } from '../configuration/index.ts';
import { modelConfigOf } from '../configuration/index.ts';
import { type Flops, flopsOf } from './flops.ts';
import {
  distinctPlans,
  optimizerNumbers,
  type ParameterCounts,
  parameterCounts,
  type TrainingMemory,
  trainingMemory,
} from './memory.ts';

/** The account of a configuration, or of the same one with dense attention. */
export interface Estimate {
  /** The patterns of the layers, by name. */
  readonly patterns: readonly string[];
  /** Numbers that are trained. */
  readonly parameters: number;
  /** The same by part. */
  readonly parts: ParameterCounts;
  /** FLOPs a token. */
  readonly flops: Flops;
  /** Bytes of tensors on an engine of our own. */
  readonly memory: TrainingMemory;
  /** What scores would take if a plain dense attention kept them, in bytes. */
  readonly plainScores: number;
  /** Bytes of a checkpoint. */
  readonly checkpoint: number;
  /** Tokens of a step. */
  readonly stepTokens: number;
  /** Tokens of the whole run. */
  readonly runTokens: number;
}

/**
 * Estimates a run.
 *
 * @param vocabulary token ids that the data has
 * @throws TrainerError for a configuration that makes no sense
 */
export function estimateRun(config: RunConfig, vocabulary: number): Estimate {
  const model = modelConfigOf(config, vocabulary);
  const { training } = config;
  const plans = distinctPlans(model);
  const parameters = countParameters(model);
  const average = training.averageDecay > 0 ? parameters : 0;
  const part = training.batch / training.accumulate;
  const stepTokens = training.batch * model.length;
  return {
    patterns: plans.map(({ pattern }) => pattern.name),
    parameters,
    parts: parameterCounts(model),
    flops: flopsOf(model, plans, training),
    memory: trainingMemory(model, config),
    plainScores: 4 * model.layers * part * model.heads * model.length ** 2,
    checkpoint: 4 * (parameters + optimizerNumbers(model, config) + average),
    stepTokens,
    runTokens: stepTokens * training.steps,
  };
}

/** The same configuration with every earlier key for every query. */
export function denseTwin(config: RunConfig): RunConfig {
  return { ...config, model: { ...config.model, patterns: [{ kind: 'full' }] } };
}
