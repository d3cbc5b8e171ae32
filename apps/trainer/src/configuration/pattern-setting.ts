/** Patterns as a configuration writes them: the forms of `@sparse-transformers/patterns`, and what is said of layers. */
import {
  distinctSlots,
  fixed,
  fromForm,
  type Pattern,
  type PatternField,
  type PatternForm,
  type PatternKind,
  patternKinds,
  summary,
} from '@sparse-transformers/patterns';
import { z } from 'zod';

const nestedParts = 64;

/** A form whose slots may be the heads' own. */
type OfLayer<Form> = Form extends { readonly slot?: unknown }
  ? Omit<Form, 'slot'> & {
      /**
       * Which columns, counted from the end of the block; 0 unless given. `distinct`: others for each head, as the paper found best
       * (section 4.2): head h has slot h, and begins again where the block has no more.
       */
      readonly slot?: number | 'distinct' | undefined;
    }
  : Form;

/**
 * The pattern of a layer in a configuration, or on the command line as JSON: `{ kind: 'fixed', block: 64, summary: 16 }`. In a decoder all are
 * causal.
 */
export type PatternSetting = OfLayer<PatternForm>;

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

const numberSchema = z.int('a whole number');
const flagSchema = z.boolean('true or false');
const slotSchema = z.union([numberSchema, z.literal('distinct')], 'a whole number, or "distinct"');
const partsSchema = z.lazy(() => z.array(formSchema, 'an array of patterns').min(1).max(nestedParts));

/** The form of a kind; the numbers are checked where the pattern is built. `slot` is the schema of a field of this name. */
function schemaOf({ kind, fields }: PatternKind, slot: z.ZodType) {
  const shape = Object.entries(fields).map(([name, field]) => {
    const schema = name === 'slot' ? slot : schemaOfField(field);
    return [name, field.unlessGiven === undefined ? schema : schema.optional()];
  });
  return z.strictObject({ kind: z.literal(kind), ...Object.fromEntries(shape) });
}

function schemaOfField({ type }: PatternField): z.ZodType {
  if (type === 'patterns') return partsSchema;
  return type === 'flag' ? flagSchema : numberSchema;
}

const kindNames = patternKinds.map(({ kind }) => kind).join(', ');
const expected = `a pattern such as {"kind":"fixed","block":64,"summary":16}; kinds: ${kindNames}`;

/** A union by `kind`; its type is that of the forms. */
function unionOf<Form>(schemas: readonly z.ZodObject[], message: string): z.ZodType<Form> {
  const [first, ...others] = schemas;
  return z.discriminatedUnion('kind', [first!, ...others], message) as z.ZodType<unknown> as z.ZodType<Form>;
}

const formSchema = unionOf<PatternForm>(
  patternKinds.map((kind) => schemaOf(kind, z.int('a whole number ("distinct" is for whole layers)'))),
  expected,
);
const ofLayer = patternKinds.map((kind) => schemaOf(kind, slotSchema));

const times = 'a whole number from 1 to 4096';

const repeatSchema = z.strictObject({
  kind: z.literal('repeat'),
  times: z.int(times).min(1, times).max(4096, times),
  pattern: unionOf<PatternSetting>(ofLayer, expected),
});

/** Checks the form of a {@link LayerSetting}. */
export const layerSchema = unionOf<LayerSetting>(
  [...ofLayer, repeatSchema],
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
  if (!('slot' in setting && setting.slot === 'distinct')) return fromForm(setting as PatternForm);
  const { kind, block, summary: columns, causal = true } = setting;
  return distinctSlots(kind === 'fixed' ? fixed : summary, { heads, block, summary: columns, causal });
}
