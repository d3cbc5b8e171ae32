/** What is refused or skipped, and the words for it. */
export { BadInput } from './bad-input.ts';
export {
  badInput,
  checkWholeNumber,
  DatasetError,
  type DatasetErrorReason,
  type OptionNaming,
  show,
  skipBadInput,
  systemCode,
  type Words,
  words,
  wrongArgument,
} from './errors.ts';
export { type DatasetOption, datasetOptionNames } from './option-names.ts';
export { type BadInputPolicy, type SkippedCounts, Skips } from './skips.ts';
