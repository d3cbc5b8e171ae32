import { DatasetError, type Words } from '../refusals/index.ts';

/** A named run of a dataset's tokens: what windows are taken from. */
export interface TokenSplit {
  /** The name, as given in the `split` option. */
  readonly name: string;
  /** The file that the tokens come from, for messages. */
  readonly path: string;
  /** How many tokens there are; may be 0 for a very short file. */
  readonly tokens: number;
  /** Tokens in one record, such as an image; the split holds whole records only. Absent: windows begin anywhere. */
  readonly record?: number;
  /** The first token of each separate piece, such as a recording, ascending from 0. Absent: all is one piece. */
  readonly pieces?: readonly number[];
  /**
   * Fills `into` with the tokens from `start` on.
   *
   * @throws {@link DatasetError} if they are not all in this split, or the file changed since it was opened.
   */
  read(start: number, into: Int32Array): Promise<void>;
}

/** The first token of each split and the one after its last, by name, in the order given. */
export type SplitRanges = ReadonlyMap<string, readonly [start: number, end: number]>;

/** Cuts `tokens` in the order of the ratios: an edge lies at ⌊sum of the ratios before it × tokens⌋. */
export function splitRanges(
  tokens: number,
  ratios: Readonly<Record<string, number>>,
  operation = 'splitRanges',
): SplitRanges {
  const entries = Object.entries(ratios);
  checkRatios(entries, operation);
  const ranges = new Map<string, readonly [number, number]>();
  let [sum, start] = [0, 0];
  entries.forEach(([name, ratio], index) => {
    sum += ratio;
    const end = index === entries.length - 1 ? tokens : edgeAt(sum, tokens);
    ranges.set(name, [start, end]);
    start = end;
  });
  return ranges;
}

/** ⌊sum × tokens⌋, in which 0.7 + 0.2 is 0.9: what is wrong after the 14th digit is rounding, not meant. */
function edgeAt(sum: number, tokens: number): number {
  return Math.min(tokens, Math.floor(Number((sum * tokens).toPrecision(14))));
}

function checkRatios(entries: [string, number][], operation: string): void {
  for (const [name, ratio] of entries) {
    if (!(ratio > 0 && ratio <= 1)) {
      const where = `[${JSON.stringify(name)}] must be a number above 0 and at most 1, got ${String(ratio)}`;
      throw refusal(operation, [{ option: 'split' }, where]);
    }
  }
  const sum = entries.reduce((total, [, ratio]) => total + ratio, 0);
  if (Math.abs(sum - 1) > 1e-9) {
    throw refusal(operation, ['the ratios of ', { option: 'split' }, ` must sum to 1, got ${sum}`]);
  }
}

function refusal(operation: string, fact: Words): DatasetError {
  const ways = ['pass for example { train: 0.9, valid: 0.1 }'];
  return new DatasetError('argument', { operation, fact, ways });
}
