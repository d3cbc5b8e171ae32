/** What is trained: the named configurations, of which nothing but the pattern and the learning rate differs. */
export const patternNames = ['dense', 'fixed', 'strided'] as const;
export type PatternName = (typeof patternNames)[number];
export type TaskName = 'text' | 'images';

/** One kind of data. */
export interface Task {
  readonly name: TaskName;
  /** What `sparse-train` is told, for each pattern. */
  readonly arguments: Readonly<Record<PatternName, readonly string[]>>;
  /** What is tried: the configuration's own, half and twice of it. */
  readonly learningRates: readonly number[];
  readonly steps: number;
  readonly unit: string;
}

const onImages = (pattern: object) => [
  ...['--config', 'cifar10-strided', '--data.testShare', '0.04'],
  ...['--model.patterns', JSON.stringify([pattern])],
];

/** A row of a picture has 96 numbers; a quarter of a block is summary, as in the paper's 32 of 128. */
export const tasks: readonly Task[] = [
  {
    name: 'text',
    arguments: {
      dense: ['--config', 'enwik8-dense'],
      fixed: ['--config', 'enwik8-fixed'],
      strided: ['--config', 'enwik8-strided'],
    },
    learningRates: [1.5e-3, 3e-3, 6e-3],
    steps: 2000,
    unit: 'bits/byte',
  },
  {
    name: 'images',
    arguments: {
      dense: onImages({ kind: 'full' }),
      fixed: onImages({ kind: 'fixed', block: 96, summary: 24 }),
      strided: onImages({ kind: 'strided', stride: 96 }),
    },
    learningRates: [2e-3, 4e-3, 8e-3],
    steps: 1000,
    unit: 'bits/dim',
  },
];
