/** Splits, and batches of windows and records taken from them. */
export {
  type ContiguousWindows,
  type ContiguousWindowsOptions,
  contiguousWindows,
  type EvaluationBatch,
} from './contiguous-windows.ts';
export { lastAtMost } from './last-at-most.ts';
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
export { shuffled } from './shuffled.ts';
export { type SplitRanges, splitRanges, type TokenSplit } from './splits.ts';
export type { TokenBatch, WindowShape } from './windows.ts';
