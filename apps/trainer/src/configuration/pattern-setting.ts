/** Patterns as a configuration writes them: the saved form without its envelope, where what has a default may be left out. */
import {
  distinctSlots,
  fixed,
  fromJSON,
  type Pattern,
  PatternError,
  type PatternSpec,
  summary,
} from '@sparse-transformers/patterns';
import { z } from 'zod';

const nestedParts = 64;

/**
 * A pattern in a configuration, or on the command line as JSON: `{ kind: 'fixed', block: 64, summary: 16 }`. The kinds are those that
 * `@sparse-transformers/patterns` saves; in a decoder all are causal.
 */
export type PatternSetting =
  | FullSetting
  | LocalSetting
  | ColumnSetting
  | StridedSetting
  | BlockLocalSetting
  | SummarySetting
  | CombinedSetting;

/** Every earlier key. */
export interface FullSetting {
  /** What kind of pattern. */
  readonly kind: 'full';
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** The nearest keys. */
export interface LocalSetting {
  /** What kind of pattern. */
  readonly kind: 'local';
  /** Keys, the query's own included. */
  readonly window: number;
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** Every so many keys. */
export interface ColumnSetting {
  /** What kind of pattern. */
  readonly kind: 'column';
  /** Keys from one to the next. */
  readonly stride: number;
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** The paper's strided pattern. */
export interface StridedSetting {
  /** What kind of pattern. */
  readonly kind: 'strided';
  /** Keys from one to the next. */
  readonly stride: number;
  /** Nearest keys, the query's own included; the stride unless given. */
  readonly window?: number | undefined;
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** The query's own block. */
export interface BlockLocalSetting {
  /** What kind of pattern. */
  readonly kind: 'blockLocal';
  /** Keys in a block. */
  readonly block: number;
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** The last columns of each block, alone or with the query's own block: the paper's fixed pattern. */
export interface SummarySetting {
  /** What kind of pattern. */
  readonly kind: 'summary' | 'fixed';
  /** Keys in a block. */
  readonly block: number;
  /** Columns of a block that later blocks see. */
  readonly summary: number;
  /**
   * Which columns, counted from the end of the block; 0 unless given. `distinct`: others for each head, as the paper found best
   * (section 4.3): head h has slot h, and begins again where the block has no more; whole layers only.
   */
  readonly slot?: number | 'distinct' | undefined;
  /** True unless given; a decoder refuses false. */
  readonly causal?: boolean | undefined;
}

/** Several patterns in one. */
export interface CombinedSetting {
  /** What kind of pattern. */
  readonly kind: 'and' | 'or' | 'perHead';
  /** The parts; one a head for `perHead`. */
  readonly patterns: readonly PatternSetting[];
}

const size = z.int('a whole number');
const causal = z.boolean('true or false').optional();

const parts = z.lazy(() => z.array(patternSchema, 'an array of patterns').min(1).max(nestedParts));

const options = [
  z.strictObject({ kind: z.literal('full'), causal }),
  z.strictObject({ kind: z.literal('local'), window: size, causal }),
  z.strictObject({ kind: z.literal('column'), stride: size, causal }),
  z.strictObject({ kind: z.literal('strided'), stride: size, window: size.optional(), causal }),
  z.strictObject({ kind: z.literal('blockLocal'), block: size, causal }),
  z.strictObject({
    kind: z.enum(['summary', 'fixed']),
    block: size,
    summary: size,
    slot: z.union([size, z.literal('distinct')], 'a whole number, or "distinct"').optional(),
    causal,
  }),
  z.strictObject({ kind: z.enum(['and', 'or', 'perHead']), patterns: parts }),
] as const;

const expected =
  'a pattern such as {"kind":"fixed","block":64,"summary":16}; kinds: full, local, column, strided, blockLocal, summary, fixed, and, or, perHead';

/** Checks the form of a {@link PatternSetting}; its numbers are checked where the pattern is built. */
const patternSchema: z.ZodType<PatternSetting> = z.discriminatedUnion('kind', options, expected);

/** One pattern for several layers in a row. */
export interface RepeatedSetting {
  /** What kind of entry. */
  readonly kind: 'repeat';
  /** How many layers. */
  readonly times: number;
  /** Their pattern. */
  readonly pattern: PatternSetting;
}

/** An entry of the list of layers. */
export type LayerSetting = PatternSetting | RepeatedSetting;

const times = 'a whole number from 1 to 4096';

/** Checks the form of a {@link LayerSetting}. */
export const layerSchema: z.ZodType<LayerSetting> = z.discriminatedUnion(
  'kind',
  [
    ...options,
    z.strictObject({
      kind: z.literal('repeat'),
      times: z.int(times).min(1, times).max(4096, times),
      pattern: patternSchema,
    }),
  ],
  `${expected}, and for several layers {"kind":"repeat","times":3,"pattern":…}`,
);

/**
 * The patterns of the layers, one each, before they begin again.
 *
 * @throws PatternError that names the number that makes no sense
 */
export function patternsOf(layers: readonly LayerSetting[], heads: number): Pattern[] {
  return layers.flatMap((layer) => {
    if (layer.kind !== 'repeat') return [patternOf(layer, heads)];
    return Array<Pattern>(layer.times).fill(patternOf(layer.pattern, heads));
  });
}

function patternOf(setting: PatternSetting, heads: number): Pattern {
  if ('slot' in setting && setting.slot === 'distinct') {
    const { kind, block, summary: columns, causal = true } = setting;
    return distinctSlots(kind === 'fixed' ? fixed : summary, { heads, block, summary: columns, causal });
  }
  return fromJSON({ format: 'sparse-transformers/pattern', version: 1, pattern: complete(setting) });
}

function complete(setting: PatternSetting): PatternSpec {
  switch (setting.kind) {
    case 'and':
    case 'or':
    case 'perHead':
      return { ...setting, patterns: setting.patterns.map(complete) };
    case 'strided':
      return { ...setting, window: setting.window ?? setting.stride, causal: setting.causal ?? true };
    case 'summary':
    case 'fixed':
      if (setting.slot === 'distinct')
        throw new PatternError('slot "distinct" is for whole layers, not within another pattern');
      return { ...setting, slot: setting.slot ?? 0, causal: setting.causal ?? true };
    default:
      return { ...setting, causal: setting.causal ?? true };
  }
}
