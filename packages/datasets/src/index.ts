export {
  type AudioDataset,
  type AudioDatasetOptions,
  openAudioDataset,
  type ReadAudioOptions,
  readAudio,
} from './audio/audio-dataset.ts';
export { encodeWav } from './audio/encode-wav.ts';
export { defaultCacheFolder } from './cache.ts';
export {
  type ContiguousWindows,
  type ContiguousWindowsOptions,
  contiguousWindows,
  type EvaluationBatch,
} from './contiguous-windows.ts';
export {
  type DatasetProgress,
  openTextDataset,
  type TextDataset,
  type TextDatasetOptions,
} from './dataset.ts';
export { DatasetError, type DatasetErrorReason, type OptionNaming } from './errors.ts';
export type { Fingerprint } from './fingerprint.ts';
export { encodePng, type PngGridOptions } from './images/encode-png.ts';
export {
  type ImageDataset,
  type ImageDatasetOptions,
  openImageDataset,
  type ReadImageOptions,
  readImage,
} from './images/image-dataset.ts';
export { type KnownText, knownText, knownTexts } from './known-text.ts';
export type { MediaOptions } from './media-dataset.ts';
export { type DatasetOption, datasetOptionNames } from './option-names.ts';
export { type PhiloxCounter, philox, type RandomPlace, randomBelow } from './random.ts';
export {
  type RandomWindows,
  type RandomWindowsCursor,
  type RandomWindowsOptions,
  randomWindows,
} from './random-windows.ts';
export {
  contiguousRecords,
  type RandomRecords,
  type RandomRecordsCursor,
  type RandomRecordsOptions,
  type RecordShape,
  randomRecords,
} from './records.ts';
export type { BadInputPolicy, SkippedCounts } from './skips.ts';
export type { TokenSplit } from './splits.ts';
export type { SkippedItem, TokenDataset, UsedFiles } from './token-dataset.ts';
export type { TokenBatch, WindowShape } from './windows.ts';
