/** Text: files to documents to tokens. */
export { type KnownText, knownText, knownTexts } from './known-text.ts';
export { openTextDataset, type TextDataset, type TextDatasetOptions } from './text-dataset.ts';
export { Utf8Watch } from './utf8.ts';
