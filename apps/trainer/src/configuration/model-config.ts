import { ConfigError, checkConfig, type SparseTransformerConfig } from '@sparse-transformers/models';
import { TrainerError } from '../messages/index.ts';
import { patternsOf } from './pattern-setting.ts';
import type { RunConfig } from './run-config.ts';

/**
 * The model of a configuration, for a vocabulary.
 *
 * @throws TrainerError that names the field
 */
export function modelConfigOf(
  { model }: Pick<RunConfig, 'model'>,
  vocabulary: number,
): SparseTransformerConfig {
  const { queryKeyFactor, feedForwardFactor, patterns, ...rest } = model;
  const { width, heads } = model;
  try {
    return checkConfig({
      ...rest,
      vocabulary,
      queryKeyWidth: queryKeyFactor * width,
      feedForwardWidth: feedForwardFactor * width,
      patterns: patternsOf(patterns, heads),
    });
  } catch (error) {
    const where = error instanceof ConfigError ? 'model' : 'model.patterns';
    throw new TrainerError(
      `${where}: ${(error as Error).message} Set the field by --model.FIELD, --model.patterns for example.`,
      { cause: error },
    );
  }
}
