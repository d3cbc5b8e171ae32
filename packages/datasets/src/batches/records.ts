import { checkWholeNumber, DatasetError, type Words } from '../refusals/index.ts';
import type { ContiguousWindows, EvaluationBatch } from './contiguous-windows.ts';
import { readCursor } from './cursor.ts';
import { shuffled } from './shuffled.ts';
import type { TokenSplit } from './splits.ts';
import { checkShape, checkTokens, rowsOf, type TokenBatch } from './windows.ts';

/** The shape of a batch of whole records. */
export interface RecordShape {
  /** Tokens in a record, such as 3,072 for an image of 32 × 32 pixels in colour; the `record` of the split, if it has one. */
  readonly record: number;
  /** Records in a batch, B. `record` × `batch` is at most 2²⁸. */
  readonly batch: number;
}

/** Options of {@link randomRecords}. */
export interface RandomRecordsOptions extends RecordShape {
  /** The seed: a whole number from 0 to 2⁵³ - 1. */
  readonly seed: number;
  /** Where to go on: what `cursor()` gave, through JSON and back. Default: the first batch. */
  readonly cursor?: unknown;
}

/** A saved place in an endless row of batches of records: plain JSON. */
export interface RandomRecordsCursor extends RecordShape {
  /** Names this form. */
  readonly format: 'sparse-transformers/random-records';
  /** The version of this form. */
  readonly version: 2;
  /** The name of the split. */
  readonly split: string;
  /** The tokens of the split. */
  readonly tokens: number;
  /** The seed. */
  readonly seed: number;
  /** The number of the batch that `next()` gives. */
  readonly next: number;
}

/** An endless row of batches of records. */
export interface RandomRecords {
  /** The batch that `next()` gives now, and one further each time. Calls may overlap. */
  next(): Promise<TokenBatch>;
  /** Batch `index`, counted from 0: the same at any time. Does not move the cursor. */
  at(index: number): Promise<TokenBatch>;
  /** The place to go on from, for the `cursor` option. */
  cursor(): RandomRecordsCursor;
}

/**
 * Batches of whole records, for models with a learned start: the targets are a record, the inputs the record without its
 * last token. All records come once, in a shuffled order, before any comes again in another order; a batch may hold the
 * end of one order and the beginning of the next.
 *
 * Batch k is a pure function of the seed and k: row r of it is at place (k × `batch` + r) modulo the number of records.
 *
 * @throws {@link DatasetError} for a split that does not hold whole records of that size, or holds none; options out of
 * range; or a cursor of other records.
 */
export function randomRecords(split: TokenSplit, options: RandomRecordsOptions): RandomRecords {
  const { record, batch, seed } = options;
  const records = countRecords('randomRecords', split, options);
  checkWholeNumber('randomRecords', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  const kind = { format: 'sparse-transformers/random-records', version: 2 } as const;
  const place = { ...kind, split: split.name, tokens: split.tokens, record, batch, seed };
  let next = options.cursor === undefined ? 0 : readCursor('randomRecords', options.cursor, place);
  const order = { seed, purpose: 'records' };
  const at = async (index: number): Promise<TokenBatch> => {
    const last = Math.floor(Number.MAX_SAFE_INTEGER / batch) - 1;
    checkWholeNumber('randomRecords', 'batch index', index, 0, last);
    return readRecords(
      split,
      options,
      rowsOf(batch).map((row) => {
        const position = index * batch + row;
        return shuffled(position % records, records, { ...order, epoch: Math.floor(position / records) });
      }),
    );
  };
  return { at, next: () => at(next++), cursor: () => ({ ...place, next }) };
}

/**
 * All records of a split in order, each once, as {@link randomRecords} gives them: every token is a target, the first of a
 * record too. What is left over in the last batch has weight 0.
 *
 * @throws {@link DatasetError} for a split that does not hold whole records of that size, or holds none.
 */
export function contiguousRecords(split: TokenSplit, shape: RecordShape): ContiguousWindows {
  const { record, batch } = shape;
  const records = countRecords('contiguousRecords', split, shape);
  const batches = Math.ceil(records / batch);
  const at = async (index: number): Promise<EvaluationBatch> => {
    checkWholeNumber('contiguousRecords', 'batch index', index, 0, batches - 1);
    const count = Math.min(batch, records - index * batch);
    const places = rowsOf(count).map((row) => index * batch + row);
    const weights = new Float32Array(batch * record).fill(1, 0, count * record);
    return { ...(await readRecords(split, shape, places)), weights, count: count * record };
  };
  return {
    batches,
    predictions: split.tokens,
    at,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < batches; index++) yield at(index);
    },
  };
}

/** How many records of the size asked for a split holds. */
function countRecords(operation: string, split: TokenSplit, { record, batch }: RecordShape): number {
  checkShape(operation, { length: record, batch });
  checkTokens(operation, split, record, 'one record');
  if (record === (split.record ?? record) && split.tokens % record === 0) return split.tokens / record;
  const held = `${split.tokens} tokens${split.record === undefined ? '' : ` in records of ${split.record}`}`;
  const where = `split ${JSON.stringify(split.name)} of ${split.path}`;
  const fact: Words = [
    { option: 'record' },
    ` must be the size of the records in ${where}, which has ${held}, got ${record}`,
  ];
  throw new DatasetError('argument', { operation, fact, ways: ['pass that size', 'use windows'] });
}

/** A batch whose first rows are the records at these places; rows that have none are zeros. */
async function readRecords(
  split: TokenSplit,
  { record, batch }: RecordShape,
  places: readonly number[],
): Promise<TokenBatch> {
  const inputLength = record - 1;
  const inputs = new Int32Array(batch * inputLength);
  const targets = new Int32Array(batch * record);
  await Promise.all(
    places.map(async (place, row) => {
      const tokens = targets.subarray(row * record, (row + 1) * record);
      await split.read(place * record, tokens);
      inputs.set(tokens.subarray(0, inputLength), row * inputLength);
    }),
  );
  return { length: record, batch, inputLength, inputs, targets };
}
