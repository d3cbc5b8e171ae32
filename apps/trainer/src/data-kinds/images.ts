/** Images of one size: a token is a number of a pixel, and a model sees an image whole. */
import { encodePng, type ImageDataset, openImageDataset } from '@sparse-transformers/datasets';
import { z } from 'zod';
import { choice, whole } from '../fields/index.ts';
import type { DataKind } from './data-kind.ts';
import { sharedFields, splitSeed } from './shared-fields.ts';

/** The most rows or columns of an image. */
export const mostRows = 2 ** 14;

const fields = z.strictObject({
  kind: z.literal('images'),
  rows: whole('Rows of pixels.', 1, mostRows).given,
  columns: whole('Columns of pixels.', 1, mostRows).given,
  channels: choice('Numbers of a pixel: 3 for colour, 1 for grey.', [1, 3]).or(3),
  labelBytes: whole(
    "Bytes before each image in files of records, `.bin`: 1 in CIFAR-10's binary version.",
    0,
    2 ** 16,
  ).or(0),
  splitSeed,
  ...sharedFields,
});

/** Images of one size, a token a number, in raster order with the channels of a pixel side by side: pictures, or files of records. */
export interface ImageDataConfig extends Readonly<z.output<typeof fields>> {}

/** Images. */
export const images = {
  fields,
  open: (paths, { rows, columns, channels, labelBytes, splitSeed: seed }, opening) =>
    openImageDataset(paths, { ...opening, rows, columns, channels, labelBytes, splitSeed: seed }),
  token: () => 'dim',
  vocabulary: () => 256,
  record({ rows, columns, channels }) {
    const tokens = rows * columns * channels;
    return { tokens, words: `${rows} · ${columns} · ${channels} = ${tokens}, an image` };
  },
  files: (rows, tokenizer) => new Map([['images.png', encodePng(rows, tokenizer)]]),
  sampleFile: 'sample.png',
} satisfies DataKind<ImageDataConfig, ImageDataset>;
