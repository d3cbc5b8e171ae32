/** The kinds of data: all that the trainer knows of each, in a file of its own. */
export type { AudioDataConfig } from './audio.ts';
export type { DatasetOpening } from './data-kind.ts';
export { type ImageDataConfig, mostRows } from './images.ts';
export { type DataConfig, dataKindNames, dataSchema, kindOf, unitOf } from './kinds.ts';
export type { TextDataConfig } from './text.ts';
