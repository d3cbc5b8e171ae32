/** Audio: recordings of any length at one rate, a token a µ-law sample. */
import { type AudioDataset, encodeWav, openAudioDataset } from '@sparse-transformers/datasets';
import { z } from 'zod';
import { whole } from '../fields/index.ts';
import type { DataKind } from './data-kind.ts';
import { sharedFields, splitSeed } from './shared-fields.ts';

const fields = z.strictObject({
  kind: z.literal('audio'),
  sampleRate: whole('Samples a second, to which every file is resampled.', 1000, 192_000).or(16_000),
  splitSeed,
  ...sharedFields,
});

/** Sound, a token a µ-law sample. */
export interface AudioDataConfig extends Readonly<z.output<typeof fields>> {}

/** Audio. */
export const audio = {
  fields,
  open: (paths, { sampleRate, splitSeed: seed }, opening) =>
    openAudioDataset(paths, { ...opening, sampleRate, splitSeed: seed }),
  token: () => 'sample',
  vocabulary: () => 256,
  files: (rows, tokenizer) =>
    new Map(rows.map((ids, row) => [`${row}.wav`, encodeWav(tokenizer.decode(ids), tokenizer.sampleRate)])),
  sampleFile: 'sample.wav',
} satisfies DataKind<AudioDataConfig, AudioDataset>;
