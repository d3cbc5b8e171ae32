/** Every kind of data: here one is added. */
import type { TokenDataset } from '@sparse-transformers/datasets';
import { z } from 'zod';
import { oneOf } from '../fields/index.ts';
import { type AudioDataConfig, audio } from './audio.ts';
import type { DataKind } from './data-kind.ts';
import { type ImageDataConfig, images } from './images.ts';
import { type TextDataConfig, text } from './text.ts';

const kinds = { text, images, audio };

/** Where the tokens come from. */
export type DataConfig = TextDataConfig | ImageDataConfig | AudioDataConfig;

/** The kinds, in words: `"text", "images" or "audio"`. */
export const dataKindNames = oneOf(Object.keys(kinds));

/** The section `data` of a configuration: a union by `kind`. */
export const dataSchema = z.discriminatedUnion(
  'kind',
  [text.fields, images.fields, audio.fields],
  dataKindNames,
);

/** The kind of a configuration's data. */
export function kindOf({ kind }: Pick<DataConfig, 'kind'>): DataKind<DataConfig, TokenDataset> {
  return kinds[kind];
}

/** What the loss in bits is counted in: `bits per byte`. */
export function unitOf(data: DataConfig): string {
  return `bits per ${kindOf(data).token(data)}`;
}
