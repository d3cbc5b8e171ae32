/**
 * Text of your own: files, folders or globs, plain or packed, or JSON lines.
 *
 *     sparse-train --config text-file --data notes/ 'books/*.txt.gz' --out runs/text --engine native
 *     sparse-train --config text-file --data articles.jsonl.zst --data.field body --out runs/text --engine native
 */
import type { RunConfig } from '../configuration/index.ts';
import { enwik8Fixed } from './enwik8-fixed.ts';

/** The configuration named `text-file`. */
export const textFile: RunConfig = {
  ...enwik8Fixed,
  data: { ...enwik8Fixed.data, validShare: 0.1, testShare: 0, onBadInput: 'skip' },
};
