/** What images and sound have in common. */
export { type MediaOptions, openMedia } from './media-dataset.ts';
export type { MediaDecoding, MediaFile } from './media-shards.ts';
export { importLibrary } from './optional-library.ts';
