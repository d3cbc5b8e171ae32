/** What kinds of data share whose files are decoded: images, sound. */
export { type MediaOptions, openMedia } from './media-dataset.ts';
export type { MediaDecoding, MediaFile } from './media-shards.ts';
export { importLibrary } from './optional-library.ts';
