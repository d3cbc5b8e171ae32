/**
 * The models and how long they are trained. Everything but the pattern is the same for the three patterns. Stride and block are near √n, or
 * a row of the image; a quarter of a block is summary, as in the paper's 32 of 128. All heads see the whole pattern (merged, equation 7).
 */
import type { SparseTransformerConfig } from '@sparse-transformers/models';
import { fixed, full, type Pattern, strided } from '@sparse-transformers/patterns';
import type { DataName, PatternName, RunSettings, SizeName } from './settings.ts';

/** A model and its training. */
export interface Plan {
  readonly model: SparseTransformerConfig;
  readonly batch: number;
  readonly steps: number;
  readonly peakLearningRate: number;
  readonly warmupSteps: number;
  /** The valid loss is measured that many times, over this many tokens; at the end over `finalTokens`. */
  readonly validations: number;
  readonly validTokens: number;
  readonly finalTokens: number;
  /** Minimum contexts for table 3, over this many tokens; none for images, whose windows are whole. */
  readonly contexts: readonly number[];
  readonly contextTokens: number;
}

interface Size extends Omit<Plan, 'model' | 'contexts'> {
  readonly width: number;
  readonly layers: number;
  readonly stride: number;
  readonly length: number;
}

const sizes: Readonly<Record<SizeName, Readonly<Record<DataName, Size>>>> = {
  small: {
    text: {
      ...{ length: 2048, stride: 64, width: 128, layers: 4, batch: 4, steps: 1000 },
      ...{ peakLearningRate: 2e-3, warmupSteps: 100 },
      ...{ validations: 5, validTokens: 65_536, finalTokens: 262_144, contextTokens: 49_152 },
    },
    images: {
      ...{ length: 3072, stride: 96, width: 128, layers: 4, batch: 2, steps: 1500 },
      ...{ peakLearningRate: 2e-3, warmupSteps: 100 },
      ...{ validations: 5, validTokens: 32 * 3072, finalTokens: 128 * 3072, contextTokens: 0 },
    },
  },
  trial: {
    text: {
      ...{ length: 256, stride: 16, width: 32, layers: 2, batch: 2, steps: 30 },
      ...{ peakLearningRate: 2e-3, warmupSteps: 5 },
      ...{ validations: 2, validTokens: 2048, finalTokens: 4096, contextTokens: 1024 },
    },
    images: {
      ...{ length: 3072, stride: 96, width: 32, layers: 1, batch: 1, steps: 5 },
      ...{ peakLearningRate: 2e-3, warmupSteps: 2 },
      ...{ validations: 1, validTokens: 3072, finalTokens: 2 * 3072, contextTokens: 0 },
    },
  },
};

/** Shares of the length, near the paper's 6,144 to 12,160 of 12,288. */
const contextShares = [0, 1 / 2, 3 / 4, 7 / 8, 15 / 16, 31 / 32];

/** What a run trains, and how. */
export function planOf({ data, pattern, size, steps }: RunSettings): Plan {
  const { width, layers, stride, length, ...training } = sizes[size][data];
  const isText = data === 'text';
  const model: SparseTransformerConfig = {
    ...{ vocabulary: 256, length, layers, width, heads: 4, dropout: 0, weightScale: 'variance' },
    // The paper's CIFAR-10 model has feed-forward, queries and keys of half the size.
    queryKeyWidth: isText ? width : width / 2,
    feedForwardWidth: isText ? 4 * width : 2 * width,
    patterns: [patternOf(pattern, stride)],
    positions: isText ? { kind: 'attention', stride } : { kind: 'image', rows: 32, columns: 32, channels: 3 },
    start: isText ? 'none' : 'learned',
  };
  const isForContexts = isText && pattern === 'fixed';
  const contexts = isForContexts ? contextShares.map((share) => share * length) : [];
  return { ...training, model, steps: steps ?? training.steps, contexts };
}

function patternOf(name: PatternName, stride: number): Pattern {
  if (name === 'dense') return full();
  if (name === 'strided') return strided({ stride });
  return fixed({ block: stride, summary: stride / 4 });
}
