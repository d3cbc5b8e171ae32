export {
  type AudioDataset,
  type AudioDatasetOptions,
  encodeWav,
  openAudioDataset,
  type ReadAudioOptions,
  readAudio,
} from './audio/index.ts';
export type { TokenBatch, TokenSplit, WindowShape } from './batches/index.ts';
export {
  type ContiguousWindows,
  type ContiguousWindowsOptions,
  contiguousRecords,
  contiguousWindows,
  type EvaluationBatch,
  type PhiloxCounter,
  philox,
  type RandomPlace,
  type RandomRecords,
  type RandomRecordsCursor,
  type RandomRecordsOptions,
  type RandomWindows,
  type RandomWindowsCursor,
  type RandomWindowsOptions,
  type RecordShape,
  randomBelow,
  randomRecords,
  randomWindows,
} from './batches/index.ts';
export type { Fingerprint } from './files/index.ts';
export {
  encodePng,
  type ImageDataset,
  type ImageDatasetOptions,
  openImageDataset,
  type PngGridOptions,
  type ReadImageOptions,
  readImage,
} from './images/index.ts';
export type { MediaOptions } from './media/index.ts';
export type { BadInputPolicy, SkippedCounts } from './refusals/index.ts';
export {
  DatasetError,
  type DatasetErrorReason,
  type DatasetOption,
  datasetOptionNames,
  type OptionNaming,
} from './refusals/index.ts';
export { defaultCacheFolder } from './shards/index.ts';
export {
  type KnownText,
  knownText,
  knownTexts,
  openTextDataset,
  type TextDataset,
  type TextDatasetOptions,
} from './text/index.ts';
export type { DatasetProgress, SkippedItem, TokenDataset, UsedFiles } from './token-dataset.ts';
