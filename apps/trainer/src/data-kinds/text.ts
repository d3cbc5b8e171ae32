/** Text: tokens are bytes, or the characters of an alphabet that the data has. */
import { knownText, openTextDataset, type TextDataset } from '@sparse-transformers/datasets';
import { z } from 'zod';
import { choice, field, flag } from '../fields/index.ts';
import type { DataKind } from './data-kind.ts';
import { sharedFields } from './shared-fields.ts';

const fields = z.strictObject({
  kind: z.literal('text'),
  tokenizer: choice('A token a byte, or one a character of the alphabet that the text has.', [
    'bytes',
    'characters',
  ]).or('bytes'),
  field: field(
    'The field of the object in each line of `.jsonl` files that holds the text.',
    'the name of a field',
    z.string('the name of a field').min(1, 'the name of a field'),
  ).or('text'),
  newlines: choice('Whether ends of lines stay as they are, or CRLF becomes LF.', ['keep', 'unix']).or(
    'keep',
  ),
  anyBytes: flag(
    'Whether files of any content are learned by their bytes: archives, pictures, databases too. Needs the tokenizer of bytes.',
  ).or(false),
  ...sharedFields,
});

/** Text and how it becomes tokens. */
export interface TextDataConfig extends Readonly<z.output<typeof fields>> {}

/** Text. */
export const text = {
  fields,
  async open(paths, { tokenizer, field, newlines, anyBytes }, opening, saved) {
    const own = saved?.dataKind === 'text' ? saved : tokenizer;
    return openTextDataset(paths, { ...opening, tokenizer: own, field, newlines, anyBytes });
  },
  known: async (dataset) => (await knownText(dataset))?.name ?? null,
  token: ({ tokenizer }) => (tokenizer === 'bytes' ? 'byte' : 'character'),
  vocabulary: ({ tokenizer }) => (tokenizer === 'bytes' ? 256 : null),
  files(rows, tokenizer) {
    const encoder = new TextEncoder();
    return new Map(rows.map((ids, row) => [`${row}.txt`, encoder.encode(tokenizer.decode(ids))]));
  },
  sampleFile: null,
} satisfies DataKind<TextDataConfig, TextDataset>;
