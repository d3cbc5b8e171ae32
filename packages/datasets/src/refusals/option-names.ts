/** Every option of this package's functions: what a {@link DatasetError} may name, and a program that has other names for them can translate. */
export const datasetOptionNames = [
  'anyBytes',
  'batch',
  'cacheFolder',
  'channels',
  'columns',
  'cursor',
  'extensions',
  'field',
  'labelBytes',
  'length',
  'maxLineBytes',
  'maxPixels',
  'maxSeconds',
  'maxUnpackedBytes',
  'minimumContext',
  'newlines',
  'onBadInput',
  'onProgress',
  'record',
  'rows',
  'sampleRate',
  'seed',
  'separator',
  'shardBytes',
  'split',
  'splitSeed',
  'startSeconds',
  'tokenizer',
] as const;

/** The name of an option. */
export type DatasetOption = (typeof datasetOptionNames)[number];
